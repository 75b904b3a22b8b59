-- Engaged: how many distinct people acted on a person, over all platforms. Abstention rests on this number.
-- Meaning: somebody with accounts on several platforms counts once. credible_people: those of credibility at least credible_at.
-- Unit: people. Grain: one row per variant, person_id.
-- Inputs: {weights}, see weights.sql
-- Parameters:
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT
  variant,
  target AS person_id,
  count(DISTINCT actor) AS people,
  count(DISTINCT CASE WHEN credibility >= :credible_at THEN actor END) AS credible_people
FROM {weights}
GROUP BY variant, target
