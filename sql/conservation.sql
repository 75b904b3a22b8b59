-- Conservation: where every row of a day's pull went. rows_in = kept + the sum of all the other columns, exactly.
-- Meaning: rows_in and quarantined are what the puller counted in its manifest; the rest is counted here, from the rows;
--   excluded is both: people who might not be shown at all when the day was pulled, and those who asked for it later.
--   A platform of which nothing came has a row of zeros, on every day that is conformed.
--   Rows of which no manifest knows are shown with a rows_in of 0, so that the gate sees them.
-- Unit: rows of the interactions snapshot. Grain: one row per ds, platform.
-- Inputs: {classified}; {pulls}, see pulls.sql; {sources} (platform), all that are configured; {days} (ds)
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH counted AS (
  SELECT
    ds, platform,
    count(*) FILTER (WHERE disposition = 'kept') AS kept,
    count(*) FILTER (WHERE disposition = 'self_interaction') AS self_interaction,
    count(*) FILTER (WHERE disposition = 'duplicate') AS duplicate,
    count(*) FILTER (WHERE disposition = 'outside_day') AS outside_day,
    count(*) FILTER (WHERE disposition = 'excluded') AS excluded,
    count(*) FILTER (WHERE disposition = 'unidentified') AS unidentified,
    count(*) FILTER (WHERE disposition = 'untimed') AS untimed,
    count(*) FILTER (WHERE disposition = 'removed') AS removed
  FROM {classified}
  GROUP BY ds, platform
),
pulled AS (
  SELECT
    ds, platform,
    CAST(sum(rows) AS BIGINT) AS rows,
    CAST(sum(quarantined) AS BIGINT) AS quarantined,
    CAST(sum(excluded) AS BIGINT) AS excluded
  FROM {pulls}
  WHERE snapshot = 'interactions'
  GROUP BY ds, platform
),
known AS (
  SELECT d.ds, p.platform FROM {days} AS d CROSS JOIN {sources} AS p
  UNION
  SELECT ds, platform FROM pulled
  UNION
  SELECT ds, platform FROM counted
)
SELECT
  k.ds,
  k.platform,
  coalesce(p.rows + p.quarantined + p.excluded, 0) AS rows_in,
  coalesce(c.kept, 0) AS kept,
  coalesce(c.self_interaction, 0) AS self_interaction,
  coalesce(c.duplicate, 0) AS duplicate,
  coalesce(c.outside_day, 0) AS outside_day,
  coalesce(c.excluded, 0) + coalesce(p.excluded, 0) AS excluded,
  coalesce(c.unidentified, 0) AS unidentified,
  coalesce(c.untimed, 0) AS untimed,
  coalesce(c.removed, 0) AS removed,
  coalesce(p.quarantined, 0) AS quarantined
FROM known AS k
LEFT JOIN pulled AS p ON p.ds = k.ds AND p.platform = k.platform
LEFT JOIN counted AS c ON c.ds = k.ds AND c.platform = k.platform
