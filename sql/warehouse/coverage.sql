-- meta.coverage: how much of what a platform counts it also names. Defined by sql/coverage.sql.
-- Key: ds, platform, kind
CREATE TABLE meta.coverage (
  ds DATE,
  platform VARCHAR,
  kind VARCHAR,
  posts BIGINT,
  counted BIGINT,
  identified BIGINT,
  coverage DOUBLE PRECISION
);
COMMENT ON TABLE meta.coverage IS 'One row per day, platform and kind: interactions that a platform names, beside those it counts.';
COMMENT ON COLUMN meta.coverage.ds IS 'The day of the snapshot, UTC';
COMMENT ON COLUMN meta.coverage.platform IS 'The source''s name';
COMMENT ON COLUMN meta.coverage.kind IS 'like, reply, share or quote';
COMMENT ON COLUMN meta.coverage.posts IS 'Recent posts with a counter of this kind';
COMMENT ON COLUMN meta.coverage.counted IS 'The sum of their counters; NULL where the platform shows none';
COMMENT ON COLUMN meta.coverage.identified IS 'Distinct interactions seen on them, by named people';
COMMENT ON COLUMN meta.coverage.coverage IS 'identified by counted; NULL where nothing is counted';
