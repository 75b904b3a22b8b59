-- meta.quarantined: why rows were put aside. Defined by sql/quarantined.sql.
-- Key: ds, platform, snapshot, reason
CREATE TABLE meta.quarantined (
  ds DATE,
  platform VARCHAR,
  snapshot VARCHAR,
  reason VARCHAR,
  rows BIGINT
);
COMMENT ON TABLE meta.quarantined IS 'One row per day, platform, snapshot and reason: rows that broke a rule. They lie in lake/quarantine.';
COMMENT ON COLUMN meta.quarantined.ds IS 'The day of the snapshot, UTC';
COMMENT ON COLUMN meta.quarantined.platform IS 'The source''s name';
COMMENT ON COLUMN meta.quarantined.snapshot IS 'The table that the rows would have gone to';
COMMENT ON COLUMN meta.quarantined.reason IS 'The rule that they broke, without what they held';
COMMENT ON COLUMN meta.quarantined.rows IS 'Rows';
