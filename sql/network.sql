-- Network Influence: how influential the people are whom a person moves.
-- Meaning: (prior_people * prior_pct + sum over actors of weight * pct(a)) / (prior_people + sum over actors of weight)
--   weight: weights.sql. r: the rank on the graph of these weights, r = (1 - damping) * t + damping * W'r
--   (influence/network_rank.py); pct: the actor's percentile of r x number of people on the model's frozen reference, 0 to 100.
--   A mean falls when one more ordinary person is moved. So the score takes a sum instead, which does not:
--   influential_people = sum over actors of weight * pct / 100.
-- Unit: percentile, 0 to 100; influential_people: people of the highest percentile. Grain: one row per variant, platform, person_id.
-- Source: scoring.md, section 1.
-- Inputs: {weights}, see weights.sql; {variants}; {ranks} (variant, platform, person_id, pct)
-- Parameters:
--   prior_people DOUBLE  how many average people everybody is credited with
--   prior_pct DOUBLE     their percentile
-- Run: .venv/bin/python jobs/network.py --day 2026-03-14
SELECT
  p.variant,
  p.platform,
  p.target AS person_id,
  (:prior_people * :prior_pct + CAST(sum(CAST(p.weight * r.pct AS DECIMAL(24, 12))) AS DOUBLE))
    / (:prior_people + CAST(sum(CAST(p.weight AS DECIMAL(24, 12))) AS DOUBLE)) AS network_influence,
  CAST(sum(CAST(p.weight * r.pct / 100e0 AS DECIMAL(24, 12))) AS DOUBLE) AS influential_people
FROM {weights} AS p
INNER JOIN {variants} AS v ON v.variant = p.variant
INNER JOIN {ranks} AS r ON r.variant = v.base AND r.platform = p.platform AND r.person_id = p.actor
GROUP BY p.variant, p.platform, p.target
