-- meta.conservation: where every row of a day's pull went. Defined by sql/conservation.sql.
-- Key: ds, platform
CREATE TABLE meta.conservation (
  ds DATE,  -- The day of the snapshot, UTC
  platform VARCHAR,  -- The source's name
  rows_in BIGINT,  -- Rows that the pull read
  kept BIGINT,  -- Rows that became activity
  self_interaction BIGINT,  -- Dropped: somebody acted on themselves
  duplicate BIGINT,  -- Dropped: the same interaction again
  outside_day BIGINT,  -- Dropped: it happened on another day
  excluded BIGINT,  -- Dropped: from or about somebody who is not scored
  unidentified BIGINT,  -- Dropped: no actor or no target is named
  untimed BIGINT,  -- Dropped: nobody knows when it happened
  removed BIGINT,  -- Dropped: it was taken back
  quarantined BIGINT  -- Unreadable: kept aside with file and row in lake/quarantine
);
COMMENT ON TABLE meta.conservation IS 'One row per day and platform: rows_in = kept + all the columns after it.';
