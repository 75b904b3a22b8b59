-- meta.conservation: where every row of a day's pull went. Defined by sql/conservation.sql.
-- Key: ds, platform
CREATE TABLE meta.conservation (
  ds DATE,
  platform VARCHAR,
  rows_in BIGINT,
  kept BIGINT,
  self_interaction BIGINT,
  duplicate BIGINT,
  outside_day BIGINT,
  excluded BIGINT,
  unidentified BIGINT,
  untimed BIGINT,
  removed BIGINT,
  quarantined BIGINT
);
COMMENT ON TABLE meta.conservation IS 'One row per day and platform: rows_in = kept + all the columns after it.';
COMMENT ON COLUMN meta.conservation.ds IS 'The day of the snapshot, UTC';
COMMENT ON COLUMN meta.conservation.platform IS 'The source''s name';
COMMENT ON COLUMN meta.conservation.rows_in IS 'Rows that the pull read';
COMMENT ON COLUMN meta.conservation.kept IS 'Rows that became activity';
COMMENT ON COLUMN meta.conservation.self_interaction IS 'Dropped: somebody acted on themselves';
COMMENT ON COLUMN meta.conservation.duplicate IS 'Dropped: the same interaction again';
COMMENT ON COLUMN meta.conservation.outside_day IS 'Dropped: it happened on another day';
COMMENT ON COLUMN meta.conservation.excluded IS 'Dropped: from or about somebody who is not scored';
COMMENT ON COLUMN meta.conservation.unidentified IS 'Dropped: no actor or no target is named';
COMMENT ON COLUMN meta.conservation.untimed IS 'Dropped: nobody knows when it happened';
COMMENT ON COLUMN meta.conservation.removed IS 'Dropped: it was taken back';
COMMENT ON COLUMN meta.conservation.quarantined IS 'Unreadable: kept aside with file and row in lake/quarantine';
