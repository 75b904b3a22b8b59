-- meta.data_quality: what became of every check of every published night. The checks are declared in expectations/.
-- Key: ds, suite, check_id
-- Recorded by jobs/audit.py.
CREATE TABLE meta.data_quality (
  ds DATE,
  run_id VARCHAR,
  suite VARCHAR,
  check_id VARCHAR,
  severity VARCHAR,
  verdict VARCHAR,
  observed VARCHAR,
  expected VARCHAR,
  rows BIGINT,
  scope VARCHAR,
  gate VARCHAR,
  why VARCHAR
);
COMMENT ON TABLE meta.data_quality IS 'One row per day, suite and check: the audit of the run that is shown.';
COMMENT ON COLUMN meta.data_quality.ds IS 'The score date';
COMMENT ON COLUMN meta.data_quality.run_id IS 'The run that was judged';
COMMENT ON COLUMN meta.data_quality.suite IS 'The file of expectations/, named like the table it judges';
COMMENT ON COLUMN meta.data_quality.check_id IS 'The check''s name in that file';
COMMENT ON COLUMN meta.data_quality.severity IS 'critical stops a night, warning is recorded, info is noted';
COMMENT ON COLUMN meta.data_quality.verdict IS 'passed or failed; what crashed was critical and was never published';
COMMENT ON COLUMN meta.data_quality.observed IS 'What was found, as JSON';
COMMENT ON COLUMN meta.data_quality.expected IS 'The expectation and its arguments, as JSON';
COMMENT ON COLUMN meta.data_quality.rows IS 'Rows that the suite looked at';
COMMENT ON COLUMN meta.data_quality.scope IS 'The columns that it is about; table for the rows as a whole';
COMMENT ON COLUMN meta.data_quality.gate IS 'approve where a failure waited for a person; else NULL';
COMMENT ON COLUMN meta.data_quality.why IS 'The reason for the check';
