-- Weights: the ties, what is known of trust, and what each is worth when people are counted by how influential they are.
-- Meaning: weight = c(a) * q(a,u), see ties.sql: how far the tie counts before the bounds of capped_audience.sql.
--   influential = weight * pct(a) / 100. pct: the actor's percentile of r on the model's frozen reference, 0 to 100;
--   r: how many influential people act on a, r = sum over those of credibility * pct / 100 (edges.sql, engine/network_rank.py).
--   trusted: whether the actor is, see network_rank.py; NULL on a platform without a single seed, where nothing tells people
--   apart. seed: whether the target is.
-- Unit: people; influential: people of the highest percentile. Grain: one row per variant, platform, actor, target.
-- Source: sql/README.md, Method, steps 3, 5 and 9.
-- Inputs: {ties}, see ties.sql; {variants}; {trust} (variant, platform, person_id, trusted, seed);
--   {ranks} (variant, platform, person_id, pct)
-- Split: {ties} by target; rows by target
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT
  p.variant, p.platform, p.actor, p.target, p.strength, p.interactions, p.first_day, p.last_day,
  p.influence_probability, p.credibility, p.weight, p.targets,
  p.weight * a.pct / 100e0 AS influential,
  a.trusted,
  u.platform IS NOT NULL AS seed
FROM {ties} AS p
INNER JOIN {variants} AS v ON v.variant = p.variant
-- One join of all ties with what is known of their actors.
INNER JOIN (
  SELECT
    r.variant, r.platform, r.person_id, r.pct,
    CASE WHEN seeded.platform IS NOT NULL THEN coalesce(t.trusted, false) END AS trusted
  FROM {ranks} AS r
  LEFT JOIN {trust} AS t ON t.variant = r.variant AND t.platform = r.platform AND t.person_id = r.person_id
  LEFT JOIN (SELECT DISTINCT variant, platform FROM {trust} WHERE seed) AS seeded
    ON seeded.variant = r.variant AND seeded.platform = r.platform
) AS a ON a.variant = v.strengths_from AND a.platform = p.platform AND a.person_id = p.actor
LEFT JOIN (SELECT variant, platform, person_id FROM {trust} WHERE seed) AS u
  ON u.variant = v.strengths_from AND u.platform = p.platform AND u.person_id = p.target
