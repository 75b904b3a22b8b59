-- Scores shape: whether a night's scores are spread as scores are, which needs no past to be seen.
-- Meaning: bins_used: of the ten bins of the scale the share that holds a score. within_a_point: of the people with a score the
--   share within a point of their median. median: that score. linked_share: of the accounts the share whose person has
--   several.
-- Unit: kept and moved, shares; points. n: the scores or accounts it rests on. Grain: one row per metric of the dataset shape;
--   none where n is below :least.
-- Inputs: {scores}, {accounts}, as staged
-- Parameters:
--   least INT  fewer scores or accounts have no shape
-- Run: .venv/bin/python jobs/audit.py --day 2026-03-14 --run by-hand
WITH scored AS (
  SELECT score, (SELECT median(score) FROM {scores}) AS middle FROM {scores} WHERE score IS NOT NULL
),
owned AS (
  SELECT count(*) OVER (PARTITION BY person_id) AS accounts FROM {accounts}
),
found AS (
  SELECT 'bins_used' AS metric, 'kept' AS unit, count(DISTINCT least(floor(score / 10), 9)) / 1e1 AS value, count(*) AS n
  FROM scored
  UNION ALL
  SELECT 'within_a_point', 'moved', avg(CASE WHEN abs(score - middle) <= 1 THEN 1e0 ELSE 0e0 END), count(*) FROM scored
  UNION ALL
  SELECT 'median', 'points', max(middle), count(*) FROM scored
  UNION ALL
  SELECT 'linked_share', 'moved', avg(CASE WHEN accounts > 1 THEN 1e0 ELSE 0e0 END), count(*) FROM owned
)
SELECT 'shape' AS dataset, 'all' AS platform, metric, unit, value, n
FROM found
WHERE n >= :least
