-- meta.metrics: what every published night is like, beside what its past lets expect. Defined by sql/metrics.sql, sql/movement.sql and sql/drift.sql.
-- Key: ds, dataset, platform, metric
-- Recorded by jobs/audit.py.
CREATE TABLE meta.metrics (
  ds DATE,  -- The score date
  dataset VARCHAR,  -- The table that is measured
  platform VARCHAR,  -- The source's name; all for all together
  metric VARCHAR,  -- What is measured: rows, kept_share, scored, psi (how far the scores are spread otherwise), rank_correlation and so on, see sql/metrics.sql and sql/movement.sql
  unit VARCHAR,  -- rows; share, 0 to 1; bin, scores in a tenth of the scale; psi; correlation; points; moved and kept, shares; people; print, a digest
  value DOUBLE PRECISION,  -- The night's own value; of psi, NULL where there is no past
  points BIGINT,  -- Published days it is compared with; below four nothing is judged but what has a stated bound
  expected DOUBLE PRECISION,  -- Median of those days, or what is stated in expectations/bounds.toml; of psi, what chance alone can make of it
  spread DOUBLE PRECISION,  -- One step: the robust standard deviation, at least a tenth of the median
  deviation DOUBLE PRECISION,  -- Steps away from what is expected: above 3 a warning, below -6 no publication
  model_version VARCHAR  -- The model file behind the scores
);
COMMENT ON TABLE meta.metrics IS 'One row per day, dataset, platform and metric: volume and drift, as the audit judged them.';
