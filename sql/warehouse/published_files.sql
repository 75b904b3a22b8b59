-- meta.published_files: what every version consists of, as far as it is still kept.
CREATE TABLE meta.published_files (
  version INTEGER,  -- The version that brought the file
  ds DATE,  -- The score date
  table_name VARCHAR,  -- The table that the file is a part of
  file VARCHAR,  -- Where the content lies: a file below the warehouse's folder, or a partition
  rows BIGINT,  -- Rows of the file
  sha256 VARCHAR  -- SHA-256 of the file's bytes as they were published or, after an erasure, as they are
);
COMMENT ON TABLE meta.published_files IS 'The immutable files of every version that is kept; what gc collected is gone from here.';
