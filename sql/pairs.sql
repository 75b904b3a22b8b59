-- Pairs: how surely one person moves another, over the window.
-- Meaning:  S(a,u) = sum over days of 2^(-(T - d) / H) * m(d,a,u)         strength; m: acts.sql
--           R(a,u) = min(1, S(u,a) / S(a,u))                              reciprocity, 0 when one-sided
--           q(a,u) = (1 - e^(-S / kappa)) * (1 - rho * R)                 in [0, 1); rises with S(a,u)
--   Every variant of influence/variants.py is one more such sum: over other days, with another T or H. Where a variant
--   leaves out what the person u did, only S(u,a) differs. weight: credibility * q, before anybody asks
--   who is trusted. targets: on how many distinct people the actor acted.
--   first_day, last_day: of all acts that are counted in it.
-- Unit: strength in likes by somebody who did nothing else that day; q a share, 0 to 1.
-- Grain: one row per variant, platform, actor, target.
-- Source: scoring.md, Evidence. There R is min / max of both strengths, by which acting more on u could lower q.
-- Inputs: {acts}, see acts.sql; {variants}; {credibility} (evaluated_on, platform, person_id, credibility)
-- Parameters:
--   kappa DOUBLE  saturation
--   rho DOUBLE    reciprocity discount
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH strengths AS (
  SELECT
    v.variant, a.platform, a.actor, a.target,
    CAST(sum(CAST(
      a.worth * power(2e0, (unix_date(a.ds) - unix_date(v.evaluated_on)) / v.half_life_days) AS DECIMAL(24, 12)
    )) AS DOUBLE) AS strength,
    CAST(sum(a.n) AS BIGINT) AS interactions,
    min(a.ds) AS first_day,
    max(a.ds) AS last_day
  FROM {acts} AS a
  INNER JOIN {variants} AS v ON a.ds BETWEEN v.first_day AND v.acts_until
  WHERE v.variant = v.base
  GROUP BY v.variant, a.platform, a.actor, a.target
)
SELECT
  *,
  credibility * q AS weight,
  count(*) OVER (PARTITION BY variant, platform, actor) AS targets
FROM (
  SELECT
    v.variant, s.platform, s.actor, s.target, s.strength, s.interactions, s.first_day, s.last_day,
    (1e0 - exp(-s.strength / :kappa))
      * (1e0 - :rho * coalesce(least(s.strength, coalesce(back.strength, 0e0)) / nullif(s.strength, 0e0), 0e0)) AS q,
    coalesce(c.credibility, 1e0) AS credibility
  FROM strengths AS s
  INNER JOIN {variants} AS v ON v.base = s.variant
  LEFT JOIN strengths AS back
    ON back.variant = v.back_of AND back.platform = s.platform AND back.actor = s.target AND back.target = s.actor
  LEFT JOIN {credibility} AS c
    ON c.evaluated_on = v.evaluated_on AND c.platform = s.platform AND c.person_id = s.actor
) AS moved
