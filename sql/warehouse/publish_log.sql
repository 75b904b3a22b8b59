-- meta.publish_log: every publication and every rollback. With meta.published_files it is the warehouse's memory.
CREATE TABLE meta.publish_log (
  version INTEGER,  -- Counts publications and rollbacks of the whole warehouse, from 1
  ds DATE,  -- The score date
  run_id VARCHAR,  -- The run that staged the content
  content_version INTEGER,  -- The version that brought the content; after a rollback an older one
  published_at TIMESTAMPTZ,  -- When it became visible
  staged_at TIMESTAMPTZ,  -- When the run wrote the content
  content_hash VARCHAR,  -- Hash of the audited files: equal hashes, equal content
  model_version VARCHAR,  -- The model file behind the scores
  code_version VARCHAR,  -- The code behind the scores
  people BIGINT,  -- Rows of scores
  warnings INTEGER,  -- Checks of severity warning that failed: see meta.data_quality
  reason VARCHAR  -- What the operator wrote into the form, if anything
);
COMMENT ON TABLE meta.publish_log IS 'One row per published version. The newest version of a day is the one that clout shows.';
