-- Tie strengths: how strongly one person was moved to act by another, over a window.
-- Meaning:  S(a,u) = sum over days of 2^(-(T - d) / H) * m(d,a,u)         m: daily_engagement.sql
--   Of each variant of score/variants.py that has strengths of its own: over other days, with another T or H.
--   first_day, last_day: of all acts that are counted in it.
-- Unit: likes by somebody who did nothing else that day. Grain: one row per variant, platform, actor, target.
-- Source: sql/README.md, Method, step 2.
-- Inputs: {daily_engagement}, see daily_engagement.sql; {single_acts}: of other pairs, each on one day only, see once_acted.sql; {variants}
-- Split: {daily_engagement} by actor, {single_acts} by actor; rows by actor then target
-- Parameters: none
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
WITH acts AS NOT MATERIALIZED (
  SELECT
    v.variant, a.platform, a.actor, a.target, a.n, a.ds, a.once,
    CAST(a.engagement_weight * power(2e0, (unix_date(a.ds) - unix_date(v.evaluated_on)) / v.half_life_days) AS DECIMAL(24, 12))
      AS worth
  FROM (
    SELECT ds, platform, actor, target, n, engagement_weight, false AS once FROM {daily_engagement}
    UNION ALL
    SELECT ds, platform, actor, target, n, engagement_weight, true AS once FROM {single_acts}
  ) AS a
  INNER JOIN {variants} AS v ON a.ds BETWEEN v.first_day AND v.acts_until
  WHERE v.variant = v.strengths_from
)
SELECT
  variant, platform, actor, target, CAST(sum(worth) AS DOUBLE) AS strength, CAST(sum(n) AS BIGINT) AS interactions,
  min(ds) AS first_day, max(ds) AS last_day
FROM acts
WHERE NOT once
GROUP BY variant, platform, actor, target
UNION ALL
SELECT
  variant, platform, actor, target, CAST(worth AS DOUBLE) AS strength, n AS interactions, ds AS first_day, ds AS last_day
FROM acts
WHERE once
