-- Network Influence: how influential the people are whom a person moves.
-- Meaning: (prior_people * prior_pct + sum over actors of c * q * pct(r_a)) / (prior_people + sum over actors of c * q)
--   r: the rank on the graph of q, r = (1 - damping) * t + damping * W'r (influence/network_rank.py);
--   pct: the actor's percentile of r x number of people on the model's frozen reference, 0 to 100.
-- Unit: percentile, 0 to 100. Grain: one row per platform, person_id.
-- Source: scoring.md, section 1.
-- Inputs: {pairs}, see pairs.sql; {ranks} (platform, person_id, rank, pct, rounds, residual)
-- Parameters:
--   prior_people DOUBLE  how many average people everybody is credited with
--   prior_pct DOUBLE     their percentile
-- Run: .venv/bin/python jobs/network.py --day 2026-03-14
SELECT
  p.platform,
  p.target AS person_id,
  (:prior_people * :prior_pct + CAST(sum(CAST(p.credibility * p.q * r.pct AS DECIMAL(24, 12))) AS DOUBLE))
    / (:prior_people + CAST(sum(CAST(p.credibility * p.q AS DECIMAL(24, 12))) AS DOUBLE)) AS network_influence,
  max(own.rank) AS rank,
  max(own.pct) AS rank_pct,
  max(r.rounds) AS rank_rounds,
  max(r.residual) AS rank_residual
FROM {pairs} AS p
INNER JOIN {ranks} AS r ON r.platform = p.platform AND r.person_id = p.actor
INNER JOIN {ranks} AS own ON own.platform = p.platform AND own.person_id = p.target
GROUP BY p.platform, p.target
