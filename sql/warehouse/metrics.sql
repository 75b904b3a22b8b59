-- meta.metrics: what every published night is like, beside what its past lets expect. Defined by sql/metrics.sql, sql/movement.sql and sql/drift.sql.
-- Key: ds, dataset, platform, metric
-- Recorded by jobs/audit.py.
CREATE TABLE meta.metrics (
  ds DATE,
  dataset VARCHAR,
  platform VARCHAR,
  metric VARCHAR,
  unit VARCHAR,
  value DOUBLE PRECISION,
  points BIGINT,
  expected DOUBLE PRECISION,
  spread DOUBLE PRECISION,
  deviation DOUBLE PRECISION,
  model_version VARCHAR
);
COMMENT ON TABLE meta.metrics IS 'One row per day, dataset, platform and metric: volume and drift, as the audit judged them.';
COMMENT ON COLUMN meta.metrics.ds IS 'The score date';
COMMENT ON COLUMN meta.metrics.dataset IS 'The table that is measured';
COMMENT ON COLUMN meta.metrics.platform IS 'The source''s name; all for all together';
COMMENT ON COLUMN meta.metrics.metric IS 'What is measured: rows, kept_share, scored, psi, rank_correlation and so on, see sql/metrics.sql and sql/movement.sql';
COMMENT ON COLUMN meta.metrics.unit IS 'rows; share, 0 to 1; bin, scores in a tenth of the scale; psi; correlation; points; moved and kept, shares; people; print, a digest';
COMMENT ON COLUMN meta.metrics.value IS 'The night''s own value; of psi, NULL where there is no past';
COMMENT ON COLUMN meta.metrics.points IS 'Published days it is compared with; below four nothing is judged but what has a stated bound';
COMMENT ON COLUMN meta.metrics.expected IS 'Median of those days, or what is stated in expectations/bounds.toml; of psi, what chance alone can make of it';
COMMENT ON COLUMN meta.metrics.spread IS 'One step: the robust standard deviation, at least a tenth of the median';
COMMENT ON COLUMN meta.metrics.deviation IS 'Steps away from what is expected: above 3 a warning, below -6 no publication';
COMMENT ON COLUMN meta.metrics.model_version IS 'The model file behind the scores';
