-- meta.freshness: how old what analysts see is. One row per table; ask it from outside Airflow, too.
CREATE VIEW meta.freshness AS
SELECT
  f.table_name,
  max(f.ds) AS last_ds,
  max_by(l.published_at, f.ds) AS published_at,
  max_by(l.version, f.ds) AS version,
  count(DISTINCT f.ds) AS days,
  CAST(sum(f.rows) AS BIGINT) AS rows
FROM meta.published_files AS f
INNER JOIN (SELECT ds, max(version) AS version FROM meta.publish_log GROUP BY ds) AS newest
  ON newest.ds = f.ds AND newest.version = f.version
INNER JOIN meta.publish_log AS l ON l.version = f.version
GROUP BY f.table_name;
COMMENT ON VIEW meta.freshness IS 'One row per published table: its last day, and when and as which version that was published.';
COMMENT ON COLUMN meta.freshness.table_name IS 'The table';
COMMENT ON COLUMN meta.freshness.last_ds IS 'The newest day that is published';
COMMENT ON COLUMN meta.freshness.published_at IS 'When that day was last published';
COMMENT ON COLUMN meta.freshness.version IS 'The version that shows that day';
COMMENT ON COLUMN meta.freshness.days IS 'How many days are published';
COMMENT ON COLUMN meta.freshness.rows IS 'Rows over all days';
