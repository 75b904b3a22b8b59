-- meta.data_quality: what became of every check of every published night. The checks are declared in expectations/.
-- Key: ds, suite, check_id
-- Recorded by jobs/audit.py.
CREATE TABLE meta.data_quality (
  ds DATE,  -- The score date
  run_id VARCHAR,  -- The run that was judged
  suite VARCHAR,  -- The file of expectations/, named like the table it judges
  check_id VARCHAR,  -- The check's name in that file
  severity VARCHAR,  -- critical stops a night, warning is recorded, info is noted
  verdict VARCHAR,  -- passed or failed; what crashed was critical and was never published
  observed VARCHAR,  -- What was found, as JSON
  expected VARCHAR,  -- The expectation and its arguments, as JSON
  rows BIGINT,  -- Rows that the suite looked at
  scope VARCHAR,  -- The columns that it is about; table for the rows as a whole
  gate VARCHAR,  -- approve where a failure waited for a person; else NULL
  why VARCHAR  -- The reason for the check
);
COMMENT ON TABLE meta.data_quality IS 'One row per day, suite and check: the audit of the run that is shown.';
