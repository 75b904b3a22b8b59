-- Tie strengths: how strongly one person was moved to act by another, over a window.
-- Meaning:  S(a,u) = sum over days of 2^(-(T - d) / H) * m(d,a,u)         m: daily_engagement.sql
--   Of each variant of score/variants.py that has strengths of its own: over other days, with another T or H.
--   first_day, last_day: of all acts that are counted in it.
-- Unit: likes by somebody who did nothing else that day. Grain: one row per variant, platform, actor, target.
-- Source: sql/README.md, Method, step 2.
-- Inputs: {daily_engagement}, see daily_engagement.sql; {variants}
-- Split: {daily_engagement} by actor; rows by actor then target
-- Parameters: none
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
SELECT
  v.variant, a.platform, a.actor, a.target,
  CAST(sum(CAST(
    a.engagement_weight * power(2e0, (unix_date(a.ds) - unix_date(v.evaluated_on)) / v.half_life_days) AS DECIMAL(24, 12)
  )) AS DOUBLE) AS strength,
  CAST(sum(a.n) AS BIGINT) AS interactions,
  min(a.ds) AS first_day,
  max(a.ds) AS last_day
FROM {daily_engagement} AS a
INNER JOIN {variants} AS v ON a.ds BETWEEN v.first_day AND v.acts_until
WHERE v.variant = v.strengths_from
GROUP BY v.variant, a.platform, a.actor, a.target
