-- Weights: how far each pair counts as evidence, once it is asked who is trusted. Behind reach and network.
-- Meaning: weight(a,u) = c(a) * q(a,u) * f. For trusted actors (influence/network_rank.py) f = 1. Of the others,
--     single = sum of c * q of those who acted on nobody but u,   multi = of the rest,   T = of the trusted ones
--     single' = min(single, single_slope * (single_floor + T + multi))
--     counted = min(multi + single', cap * (floor + T + own_seed, if u is a seed))
--     f = counted / (multi + single'), for single ones x single' / single
--   On a platform without a single seed there is no trust to tell people apart by: f = 1 for all.
--   So fresh accounts, however many, add next to nothing to somebody whom nobody trusted acts on, and accounts that act on
--   one person only count by what others confirm.
-- Unit: people. Grain: one row per variant, platform, actor, target.
-- Source: scoring.md, section 2; single-purpose actors and own_seed are ours, measured against bribed accounts.
-- Inputs: {pairs}, see pairs.sql; {variants}; {trust} (variant, platform, person_id, trusted, seed)
-- Parameters:
--   cap DOUBLE           how much untrusted evidence a unit of trusted evidence lets in
--   floor DOUBLE         trusted evidence that everybody is credited with
--   own_seed DOUBLE      and a seed, besides
--   single_slope DOUBLE  the same for actors who acted on nobody else
--   single_floor DOUBLE  evidence by others that everybody is credited with
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH judged AS (
  SELECT
    p.variant, p.platform, p.actor, p.target, p.strength, p.interactions, p.last_day, p.q, p.credibility, p.targets,
    v.base,
    p.weight AS evidence,
    coalesce(t.trusted, false) AS trusted
  FROM {pairs} AS p
  INNER JOIN {variants} AS v ON v.variant = p.variant
  LEFT JOIN {trust} AS t ON t.variant = v.base AND t.platform = p.platform AND t.person_id = p.actor
),
sums AS (
  SELECT
    variant, base, platform, target,
    CAST(sum(CASE WHEN trusted THEN CAST(evidence AS DECIMAL(24, 12)) ELSE 0 END) AS DOUBLE) AS t,
    CAST(sum(CASE WHEN trusted OR targets = 1 THEN 0 ELSE CAST(evidence AS DECIMAL(24, 12)) END) AS DOUBLE) AS multi,
    CAST(sum(CASE WHEN NOT trusted AND targets = 1 THEN CAST(evidence AS DECIMAL(24, 12)) ELSE 0 END) AS DOUBLE)
      AS single
  FROM judged
  GROUP BY variant, base, platform, target
),
lets_in AS (
  SELECT
    s.variant, s.platform, s.target, s.multi, s.single,
    least(s.single, :single_slope * (:single_floor + s.t + s.multi)) AS single_counted,
    :cap * (:floor + s.t + CASE WHEN coalesce(u.seed, false) THEN :own_seed ELSE 0e0 END) AS allowance
  FROM sums AS s
  INNER JOIN (SELECT DISTINCT variant, platform FROM {trust} WHERE seed) AS seeded
    ON seeded.variant = s.base AND seeded.platform = s.platform
  LEFT JOIN {trust} AS u ON u.variant = s.base AND u.platform = s.platform AND u.person_id = s.target
)
SELECT
  j.variant, j.platform, j.actor, j.target, j.strength, j.interactions, j.last_day, j.q, j.credibility, j.targets,
  j.trusted, j.evidence,
  j.evidence * CASE WHEN j.trusted OR l.target IS NULL THEN 1e0 ELSE
    coalesce(least(1e0, l.allowance / nullif(l.multi + l.single_counted, 0e0)), 1e0)
    * CASE WHEN j.targets = 1 THEN coalesce(l.single_counted / nullif(l.single, 0e0), 1e0) ELSE 1e0 END
  END AS weight
FROM judged AS j
LEFT JOIN lets_in AS l ON l.variant = j.variant AND l.platform = j.platform AND l.target = j.target
