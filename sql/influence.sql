-- Influence: the weights, and beside each what it is worth when people are counted by how influential they are themselves.
-- Meaning: influential = weight * pct(a) / 100. pct: the actor's percentile of r on the model's frozen reference, 0 to 100;
--   r: how many influential people act on a, r = sum over those of credibility * pct / 100 (edges.sql, influence/network_rank.py).
-- Unit: people; influential: people of the highest percentile. Grain: one row per variant, platform, actor, target.
-- Source: scoring.md, section 1.
-- Inputs: {weights}, see weights.sql; {variants}; {ranks} (variant, platform, person_id, pct)
-- Parameters: none
-- Run: .venv/bin/python jobs/network.py --day 2026-03-14
SELECT
  w.variant, w.platform, w.actor, w.target, w.first_day, w.last_day, w.targets, w.trusted, w.seed, w.weight,
  w.weight * r.pct / 100e0 AS influential
FROM {weights} AS w
INNER JOIN {variants} AS v ON v.variant = w.variant
INNER JOIN {ranks} AS r ON r.variant = v.base AND r.platform = w.platform AND r.person_id = w.actor
