-- meta.coverage: how much of what a platform counts it also names. Defined by sql/coverage.sql.
-- Key: ds, platform, kind
CREATE TABLE meta.coverage (
  ds DATE,  -- The day of the snapshot, UTC
  platform VARCHAR,  -- The source's name
  kind VARCHAR,  -- like, reply, share or quote
  posts BIGINT,  -- Recent posts with a counter of this kind
  counted BIGINT,  -- The sum of their counters; NULL where the platform shows none
  identified BIGINT,  -- Distinct interactions seen on them, by named people
  coverage DOUBLE PRECISION  -- identified by counted; NULL where nothing is counted
);
COMMENT ON TABLE meta.coverage IS 'One row per day, platform and kind: interactions that a platform names, beside those it counts.';
