-- Distinct actors: how many distinct people acted on a person, over all platforms. A score is withheld where they are too few.
-- Meaning: somebody with accounts on several platforms counts once. credible_people: those of credibility at least credible_at.
--   Whom people act on on one platform only was counted there: distinct actors are counted only of the others.
-- Unit: people. Grain: one row per variant, person_id.
-- Inputs: {weights}, see weights.sql; {audience}, see audience.sql
-- Split: {weights} by target, {audience} by person_id; rows by person_id
-- Parameters:
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
WITH totals AS (
  SELECT
    variant, person_id,
    count(*) AS platforms,
    CAST(sum(people) AS BIGINT) AS people,
    CAST(sum(credible_people) AS BIGINT) AS credible_people
  FROM {audience}
  GROUP BY variant, person_id
)
SELECT variant, person_id, people, credible_people FROM totals WHERE platforms = 1
UNION ALL
SELECT
  w.variant,
  w.target AS person_id,
  count(DISTINCT w.actor) AS people,
  count(DISTINCT CASE WHEN w.credibility >= :credible_at THEN w.actor END) AS credible_people
FROM {weights} AS w
INNER JOIN totals AS t ON t.variant = w.variant AND t.person_id = w.target AND t.platforms > 1
GROUP BY w.variant, w.target
