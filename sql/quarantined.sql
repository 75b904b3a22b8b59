-- Quarantined: why rows of a day's pull were put aside, and how many.
-- Meaning: rows by the rule that they broke. What a row held stands in its reason between quotes, and is taken out: the rows
--   themselves, with file and row, lie in lake/quarantine for operators alone.
-- Unit: rows. Grain: one row per ds, platform, snapshot (the table that they would have gone to), reason.
-- Inputs: {quarantine}, the quarantine of the days
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH told AS (
  SELECT
    snapshot_date AS ds, platform, `table` AS snapshot,
    regexp_replace(regexp_replace(reason, '["''].*["'']', '...'), ': line [0-9].*', '') AS reason
  FROM {quarantine}
)
SELECT ds, platform, snapshot, reason, count(*) AS rows
FROM told
GROUP BY ds, platform, snapshot, reason
