-- Weights: the pairs, and what is known of trust: whether the actor is trusted, and whether the target is a seed.
-- Meaning: weight = c(a) * q(a,u), see pairs.sql: how far the pair counts before the bounds of counted.sql.
--   trusted: influence/network_rank.py; NULL on a platform without a single seed, where nothing tells people apart.
-- Unit: people. Grain: one row per variant, platform, actor, target.
-- Source: scoring.md, section 2.
-- Inputs: {pairs}, see pairs.sql; {variants}; {trust} (variant, platform, person_id, trusted, seed)
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
SELECT
  p.variant, p.platform, p.actor, p.target, p.strength, p.interactions, p.first_day, p.last_day,
  p.q, p.credibility, p.weight, p.targets,
  CASE WHEN seeded.platform IS NOT NULL THEN coalesce(a.trusted, false) END AS trusted,
  coalesce(u.seed, false) AS seed
FROM {pairs} AS p
INNER JOIN {variants} AS v ON v.variant = p.variant
LEFT JOIN (SELECT DISTINCT variant, platform FROM {trust} WHERE seed) AS seeded
  ON seeded.variant = v.base AND seeded.platform = p.platform
LEFT JOIN {trust} AS a ON a.variant = v.base AND a.platform = p.platform AND a.person_id = p.actor
LEFT JOIN {trust} AS u ON u.variant = v.base AND u.platform = p.platform AND u.person_id = p.target
