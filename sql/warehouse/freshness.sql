-- meta.freshness: how old what analysts see is. One row per table; ask it from outside Airflow, too.
CREATE VIEW meta.freshness AS
SELECT
  table_name,
  last_ds,
  max(CASE WHEN ds = last_ds THEN published_at END) AS published_at,
  max(CASE WHEN ds = last_ds THEN version END) AS version,
  count(DISTINCT ds) AS days,
  CAST(sum(rows) AS BIGINT) AS rows,
  CASE max(CASE WHEN ds = last_ds THEN failed END)
    WHEN 0 THEN 'passed' WHEN 1 THEN 'info' WHEN 2 THEN 'warning' WHEN 3 THEN 'critical'
  END AS worst_check,
  min(ds) AS first_ds,
  max(day_number) - min(day_number) + 1 - count(DISTINCT ds) AS missing_days
FROM (
  SELECT
    f.table_name, f.ds, f.rows, l.version, l.published_at, q.failed,
    max(f.ds) OVER (PARTITION BY f.table_name) AS last_ds,
    -- Days counted on: what one date less another gives differs between the warehouses' engines.
    CAST(
      367 * extract(year FROM f.ds) - floor(7 * (extract(year FROM f.ds) + floor((extract(month FROM f.ds) + 9) / 12.0)) / 4.0)
      + floor(275 * extract(month FROM f.ds) / 9.0) + extract(day FROM f.ds)
    AS BIGINT) AS day_number
  FROM (SELECT ds, max(version) AS version FROM meta.publish_log GROUP BY ds) AS newest
  INNER JOIN meta.publish_log AS l ON l.version = newest.version
  INNER JOIN meta.published_files AS f ON f.version = l.content_version
  LEFT JOIN (
    SELECT
      ds, suite,
      max(CASE WHEN verdict = 'passed' THEN 0 WHEN severity = 'info' THEN 1 WHEN severity = 'warning' THEN 2 ELSE 3 END) AS failed
    FROM meta.data_quality
    GROUP BY ds, suite
  ) AS q ON q.ds = f.ds AND q.suite = f.table_name
) AS shown
GROUP BY table_name, last_ds;
COMMENT ON VIEW meta.freshness IS 'One row per published table: its last day, when and as which version that was published, and how it was judged.';
COMMENT ON COLUMN meta.freshness.table_name IS 'The table';
COMMENT ON COLUMN meta.freshness.last_ds IS 'The newest day that is published';
COMMENT ON COLUMN meta.freshness.published_at IS 'When that day was last published';
COMMENT ON COLUMN meta.freshness.version IS 'The version that shows that day';
COMMENT ON COLUMN meta.freshness.days IS 'How many days are published';
COMMENT ON COLUMN meta.freshness.rows IS 'Rows over all days';
COMMENT ON COLUMN meta.freshness.first_ds IS 'The oldest day that is published';
COMMENT ON COLUMN meta.freshness.missing_days IS 'How many days between the oldest and the newest are not published';
COMMENT ON COLUMN meta.freshness.worst_check IS 'The worst severity among the checks of that day''s table that failed: critical, warning, info; passed where none did, NULL where the table has no checks';
