-- Influences: whom each scored person moves most surely, and who moves them.
-- Meaning: direction `moves`: the other person acts on this one; `moved_by`: this one acts on the other. strength: how surely,
--   over all platforms, q of ties.sql. Ties with fewer than min_interactions in the window are left out, and so is,
--   like everywhere, whoever is excluded. At most `top` each way; equal strengths in order of the key.
-- Unit: strength a share, 0 to 1; interactions in the window. Grain: one row per ds, person_id, direction, other_id.
-- Source: sql/v2/README.md.
-- Inputs: {weights}, see weights.sql; {outgoing_weights}, see outgoing_weights.sql; {score}, see score.sql
-- Split: {weights} by target, {outgoing_weights} by actor, {score} by person_id; rows by person_id
-- Parameters:
--   day DATE              the score date
--   top INT               how many each way
--   min_interactions INT  fewer are left out
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH both_ways AS (
  SELECT target AS person_id, 'moves' AS direction, actor AS other_id, influence_probability, interactions, last_day
  FROM {weights} WHERE variant = 'now'
  UNION ALL
  SELECT actor AS person_id, 'moved_by' AS direction, target AS other_id, influence_probability, interactions, last_day
  FROM {outgoing_weights} WHERE variant = 'now'
),
summed AS (
  SELECT
    b.person_id, b.direction, b.other_id,
    round(max(b.influence_probability), 6) AS strength,
    CAST(sum(b.interactions) AS BIGINT) AS interactions,
    max(b.last_day) AS last_day
  FROM both_ways AS b
  INNER JOIN {score} AS now ON now.variant = 'now' AND now.person_id = b.person_id AND now.score IS NOT NULL
  GROUP BY b.person_id, b.direction, b.other_id
  HAVING sum(b.interactions) >= :min_interactions
),
placed AS (
  SELECT *, row_number() OVER (PARTITION BY person_id, direction ORDER BY strength DESC, other_id) AS place
  FROM summed
)
SELECT :day AS ds, person_id, direction, CAST(place AS INT) AS place, other_id, strength, interactions, last_day
FROM placed
WHERE place <= :top
