-- meta.freshness: how old what analysts see is. One row per table; ask it from outside Airflow, too.
CREATE VIEW meta.freshness AS
SELECT
  table_name,
  last_ds,
  max(CASE WHEN ds = last_ds THEN published_at END) AS published_at,
  max(CASE WHEN ds = last_ds THEN version END) AS version,
  count(DISTINCT ds) AS days,
  CAST(sum(rows) AS BIGINT) AS rows
FROM (
  SELECT
    f.table_name, f.ds, f.rows, l.version, l.published_at,
    max(f.ds) OVER (PARTITION BY f.table_name) AS last_ds
  FROM (SELECT ds, max(version) AS version FROM meta.publish_log GROUP BY ds) AS newest
  INNER JOIN meta.publish_log AS l ON l.version = newest.version
  INNER JOIN meta.published_files AS f ON f.version = l.content_version
) AS shown
GROUP BY table_name, last_ds;
COMMENT ON VIEW meta.freshness IS 'One row per published table: its last day, and when and as which version that was published.';
COMMENT ON COLUMN meta.freshness.table_name IS 'The table';
COMMENT ON COLUMN meta.freshness.last_ds IS 'The newest day that is published';
COMMENT ON COLUMN meta.freshness.published_at IS 'When that day was last published';
COMMENT ON COLUMN meta.freshness.version IS 'The version that shows that day';
COMMENT ON COLUMN meta.freshness.days IS 'How many days are published';
COMMENT ON COLUMN meta.freshness.rows IS 'Rows over all days';
