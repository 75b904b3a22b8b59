-- meta.publish_log: every publication and every rollback. With meta.published_files it is the warehouse's memory.
CREATE TABLE meta.publish_log (
  version INTEGER,
  ds DATE,
  run_id VARCHAR,
  content_version INTEGER,
  published_at TIMESTAMPTZ,
  staged_at TIMESTAMPTZ,
  content_hash VARCHAR,
  model_version VARCHAR,
  code_version VARCHAR,
  people BIGINT,
  warnings INTEGER,
  reason VARCHAR
);
COMMENT ON TABLE meta.publish_log IS 'One row per published version. The newest version of a day is the one that clout shows.';
COMMENT ON COLUMN meta.publish_log.version IS 'Counts publications and rollbacks of the whole warehouse, from 1';
COMMENT ON COLUMN meta.publish_log.ds IS 'The score date';
COMMENT ON COLUMN meta.publish_log.run_id IS 'The run that staged the content';
COMMENT ON COLUMN meta.publish_log.content_version IS 'The version that brought the content; after a rollback an older one';
COMMENT ON COLUMN meta.publish_log.published_at IS 'When it became visible';
COMMENT ON COLUMN meta.publish_log.staged_at IS 'When the run wrote the content';
COMMENT ON COLUMN meta.publish_log.content_hash IS 'Hash of the audited files: equal hashes, equal content';
COMMENT ON COLUMN meta.publish_log.model_version IS 'The model file behind the scores';
COMMENT ON COLUMN meta.publish_log.code_version IS 'The code behind the scores';
COMMENT ON COLUMN meta.publish_log.people IS 'Rows of scores';
COMMENT ON COLUMN meta.publish_log.warnings IS 'Checks of severity warning that failed: see meta.data_quality';
COMMENT ON COLUMN meta.publish_log.reason IS 'What the operator wrote into the form, if anything';
