-- Audience: how many distinct people acted on a person on a platform, with the first and the last day on which they did.
-- Meaning: credible_people: those of credibility at least credible_at. seed: of the person; seeded: whether the platform has
--   seeds at all.
-- Unit: people. Grain: one row per variant, platform, person_id.
-- Inputs: {weights}, see weights.sql
-- Split: {weights} by target; rows by person_id
-- Parameters:
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT
  variant,
  platform,
  target AS person_id,
  count(*) AS people,
  CAST(count_if(credibility >= :credible_at) AS BIGINT) AS credible_people,
  min(first_day) AS first_day,
  max(last_day) AS last_day,
  bool_or(seed) AS seed,
  bool_or(trusted IS NOT NULL) AS seeded
FROM {weights}
GROUP BY variant, platform, target
