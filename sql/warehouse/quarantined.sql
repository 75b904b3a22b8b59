-- meta.quarantined: why rows were put aside. Defined by sql/quarantined.sql.
-- Key: ds, platform, snapshot, reason
CREATE TABLE meta.quarantined (
  ds DATE,  -- The day of the snapshot, UTC
  platform VARCHAR,  -- The source's name
  snapshot VARCHAR,  -- The table that the rows would have gone to
  reason VARCHAR,  -- The rule that they broke, without what they held
  rows BIGINT  -- Rows
);
COMMENT ON TABLE meta.quarantined IS 'One row per day, platform, snapshot and reason: rows that broke a rule. They lie in lake/quarantine.';
