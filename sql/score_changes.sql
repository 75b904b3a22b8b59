-- Score changes: how far a score is from that of a day, a week and a month before, and why.
-- Meaning: with k = days_before, and every number computed from the activity that is stored now, as of the day it speaks of:
--   score_before   what the activity until D - k is worth on D - k, by the model that was in force then
--   left_window    the same activity, evaluated on D: some left the window, the rest weighs less, young
--                  accounts are older
--   others_did     what others did since, and how the ranks and the trust of the actors changed; of a platform that shows only
--                  counters, how far they grew or fell
--   they_did       what the person did since: new posts, and what those drew; acting back, which the reciprocity discount counts
--   model_change   the same activity on D - k by the model of D, less that by the model of D - k; 0 where it is the same
--   change = score - score_before = the sum of the four, exactly but for rounding. NULL where either day has no score.
-- Unit: points. Grain: one row per ds, person_id, days_before, for people with a row in scores.
-- Inputs: {score}, see score.sql; {horizons} (days_before, other_model); {earlier_scores} where the model of
--   D - k is another one
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH steps AS (
  SELECT
    h.days_before, now.person_id, now.score,
    CASE WHEN h.other_model THEN by_then.score ELSE early.score END AS score_before,
    -- Nobody acted on them: that is worth 1.
    CASE WHEN h.other_model THEN coalesce(by_then.raw_score, 1e0) ELSE coalesce(early.raw_score, 1e0) END AS then_k,
    coalesce(early.raw_score, 1e0) AS before_k,
    coalesce(aged.raw_score, 1e0) AS aged_k,
    coalesce(others.raw_score, 1e0) AS others_k
  FROM {score} AS now
  CROSS JOIN {horizons} AS h
  LEFT JOIN {score} AS early
    ON early.variant = concat('before_', CAST(h.days_before AS STRING)) AND early.person_id = now.person_id
  LEFT JOIN {score} AS aged
    ON aged.variant = concat('aged_', CAST(h.days_before AS STRING)) AND aged.person_id = now.person_id
  LEFT JOIN {score} AS others
    ON others.variant = concat('others_', CAST(h.days_before AS STRING)) AND others.person_id = now.person_id
  LEFT JOIN {earlier_scores} AS by_then ON by_then.days_before = h.days_before AND by_then.person_id = now.person_id
  WHERE now.variant = 'now'
)
SELECT
  :day AS ds,
  person_id,
  days_before,
  round(score, 4) AS score,
  round(score_before, 4) AS score_before,
  round(score - score_before, 4) AS change,
  CASE WHEN score - score_before IS NOT NULL THEN round(score - others_k, 4) END AS they_did,
  CASE WHEN score - score_before IS NOT NULL THEN round(others_k - aged_k, 4) END AS others_did,
  CASE WHEN score - score_before IS NOT NULL THEN round(aged_k - before_k, 4) END AS left_window,
  CASE WHEN score - score_before IS NOT NULL THEN round(before_k - then_k, 4) END AS model_change
FROM steps
