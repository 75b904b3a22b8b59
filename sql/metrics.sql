-- Metrics: what one staged night is like in a few numbers, to be held against the nights that were published before.
-- Meaning: rows of every table; per platform the rows that came in, those that were kept, and their share of those that came
--   in and were no duplicates; rows of each snapshot; people with a score, the share of people with each measure, and how many
--   scores lie in each of ten fixed bins of the scale: bin_0 below 10 points, bin_9 from 90 on.
-- Unit: see the column: rows; share, 0 to 1; bin, scores. Grain: one row per dataset, platform ('all' for all together), metric.
-- Source: expectations/README.md, The bounds.
-- Inputs: {row_counts} (dataset, rows); {conservation}, {pulls}, {scores}, as staged
-- Parameters: none
-- Run: .venv/bin/python jobs/audit.py --day 2026-03-14 --run by-hand
WITH bins AS (
  SELECT least(floor(score / 10), 9) AS bin, count(*) AS n
  FROM {scores}
  WHERE score BETWEEN 1 AND 100
  GROUP BY bin
),
people AS (
  SELECT count(*) AS people, count(score) AS scored, count(true_reach) AS reach, count(amplification) AS amplification
  FROM {scores}
)
SELECT dataset, 'all' AS platform, 'rows' AS metric, 'rows' AS unit, CAST(rows AS DOUBLE) AS value FROM {row_counts}
UNION ALL
SELECT 'conservation', platform, 'rows_in', 'rows', rows_in FROM {conservation}
UNION ALL
SELECT 'conservation', platform, 'kept', 'rows', kept FROM {conservation}
UNION ALL
SELECT 'conservation', platform, 'kept_share', 'share', kept / (rows_in - duplicate)
FROM {conservation}
WHERE rows_in > duplicate
UNION ALL
SELECT 'pulls', platform, concat(snapshot, '_rows'), 'rows', sum(rows) FROM {pulls} GROUP BY platform, snapshot
UNION ALL
SELECT 'scores', 'all', 'scored', 'rows', scored FROM people
UNION ALL
SELECT 'scores', 'all', 'reach_share', 'share', reach / people FROM people WHERE people > 0
UNION ALL
SELECT 'scores', 'all', 'amplification_share', 'share', amplification / people FROM people WHERE people > 0
UNION ALL
SELECT 'scores', 'all', concat('bin_', b.bin), 'bin', coalesce(bins.n, 0)
FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b (bin)
LEFT JOIN bins ON bins.bin = b.bin
