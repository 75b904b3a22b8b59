-- Earlier scores: the scores of an earlier day by the model that was in force then.
-- Unit: points, 1 to 100. Grain: one row per days_before, person_id of whom anything was known.
-- Meaning: what sql/score.sql gives for that day by that model, run by score/steps.py.
-- Inputs: {score}, see score.sql
-- Parameters:
--   before INT  how many days before the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT CAST(:before AS INT) AS days_before, person_id, score, raw_score
FROM {score}
WHERE variant = 'now'
