-- The log of publications and the files behind every version. Real tables: they are the warehouse's memory.
CREATE SCHEMA clout;
CREATE SCHEMA meta;

CREATE TABLE meta.publish_log (
  version INTEGER NOT NULL,
  ds DATE NOT NULL,
  run_id VARCHAR NOT NULL,
  published_at TIMESTAMPTZ NOT NULL,
  content_hash VARCHAR NOT NULL,
  model_version VARCHAR NOT NULL,
  code_version VARCHAR NOT NULL,
  people BIGINT NOT NULL,
  warnings INTEGER NOT NULL,
  reason VARCHAR
);
COMMENT ON TABLE meta.publish_log IS 'One row per published version. The newest version of a day is the one that clout shows.';
COMMENT ON COLUMN meta.publish_log.version IS 'Counts publications of the whole warehouse, from 1';
COMMENT ON COLUMN meta.publish_log.ds IS 'The score date';
COMMENT ON COLUMN meta.publish_log.run_id IS 'The run that staged the content';
COMMENT ON COLUMN meta.publish_log.published_at IS 'When it became visible';
COMMENT ON COLUMN meta.publish_log.content_hash IS 'Hash of the audited files: equal hashes, equal content';
COMMENT ON COLUMN meta.publish_log.model_version IS 'The model file behind the scores';
COMMENT ON COLUMN meta.publish_log.code_version IS 'The code behind the scores';
COMMENT ON COLUMN meta.publish_log.people IS 'Rows of scores';
COMMENT ON COLUMN meta.publish_log.warnings IS 'Checks of the audit that failed without stopping it';
COMMENT ON COLUMN meta.publish_log.reason IS 'What the operator wrote into the form, if anything';

CREATE TABLE meta.published_files (
  version INTEGER NOT NULL,
  ds DATE NOT NULL,
  table_name VARCHAR NOT NULL,
  file VARCHAR NOT NULL,
  rows BIGINT NOT NULL,
  sha256 VARCHAR NOT NULL
);
COMMENT ON TABLE meta.published_files IS 'The immutable files of every version.';
COMMENT ON COLUMN meta.published_files.version IS 'The version that published the file';
COMMENT ON COLUMN meta.published_files.ds IS 'The score date';
COMMENT ON COLUMN meta.published_files.table_name IS 'The table that the file is a part of';
COMMENT ON COLUMN meta.published_files.file IS 'Where the file lies';
COMMENT ON COLUMN meta.published_files.rows IS 'Rows of the file';
COMMENT ON COLUMN meta.published_files.sha256 IS 'SHA-256 of the file''s bytes';
