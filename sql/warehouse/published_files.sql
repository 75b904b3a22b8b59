-- meta.published_files: what every version consists of, as far as it is still kept.
CREATE TABLE meta.published_files (
  version INTEGER,
  ds DATE,
  table_name VARCHAR,
  file VARCHAR,
  rows BIGINT,
  sha256 VARCHAR
);
COMMENT ON TABLE meta.published_files IS 'The immutable files of every version that is kept; what gc collected is gone from here.';
COMMENT ON COLUMN meta.published_files.version IS 'The version that brought the file';
COMMENT ON COLUMN meta.published_files.ds IS 'The score date';
COMMENT ON COLUMN meta.published_files.table_name IS 'The table that the file is a part of';
COMMENT ON COLUMN meta.published_files.file IS 'Where the content lies: a file below the warehouse''s folder, or a partition';
COMMENT ON COLUMN meta.published_files.rows IS 'Rows of the file';
COMMENT ON COLUMN meta.published_files.sha256 IS 'SHA-256 of the file''s bytes as they were published or, after an erasure, as they are';
