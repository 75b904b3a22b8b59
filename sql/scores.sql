-- Scores: the published row of each person: the score with its interval, standing and momentum, the measures, the evidence.
-- Meaning: standing and momentum are the score's own formula with a half-life of a year and of a week, over the same window:
--   a longer memory than the window is not stored. See score.sql for the rest.
-- Unit: points, 1 to 100; people; probability. Grain: one row per ds, person_id.
-- Inputs: {score}, see score.sql; {platform_score}, see platform_score.sql
-- Parameters:
--   day DATE              the score date
--   model_version STRING  version of the model file
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT
  :day AS ds,
  now.person_id,
  round(now.score, 4) AS score,
  round(now.score_low, 4) AS score_low,
  round(now.score_high, 4) AS score_high,
  now.no_score_reason,
  round(standing.score, 4) AS standing,
  round(momentum.score, 4) AS momentum,
  round(now.true_reach, 6) AS true_reach,
  round(now.reach_cut, 6) AS reach_cut,
  round(now.amplification, 6) AS amplification,
  round(now.amplification_low, 6) AS amplification_low,
  round(now.amplification_high, 6) AS amplification_high,
  now.amplification_missing_reason,
  round(now.network_influence, 6) AS network_influence,
  now.people,
  now.credible_people,
  now.last_day AS last_evidence_on,
  p.platforms,
  now.counter_based,
  :model_version AS model_version
FROM {score} AS now
LEFT JOIN {score} AS standing ON standing.variant = 'standing' AND standing.person_id = now.person_id
LEFT JOIN {score} AS momentum ON momentum.variant = 'momentum' AND momentum.person_id = now.person_id
INNER JOIN (
  SELECT person_id, array_join(array_sort(array_agg(platform)), ',') AS platforms
  FROM {platform_score}
  WHERE variant = 'now'
  GROUP BY person_id
) AS p ON p.person_id = now.person_id
WHERE now.variant = 'now'
