-- Tie strengths: how strongly one person was moved to act by another on a platform, over a window.
-- Meaning:  p(d) = 1 - e^(-m(d,a,u) / kappa)            one day's acts, saturated: repeating within a day counts less; m: daily_engagement.sql
--           w(d) = 2^(-(T - d) / H) * taper             its age, outside of any saturation
--           taper = 1 until the last taper_days of the window, then ((window_days - age) / taper_days)^2, so that nothing leaves
--           the window with a step
--           S(a,u) = sum over days of -ln(1 - p(d) * w(d)), so that 1 - e^-S is the chance that at least one day still counts
--   One act of a single day is worth p * w: it loses its half in H days, however strong it was.
--   Of each variant of score/variants.py that has strengths of its own. first_day, last_day: of all acts counted in it.
-- Unit: none; S adds up over days and platforms. Grain: one row per variant, platform, actor, target.
-- Source: sql/v2/README.md. Sums are of decimals, so that no order of adding can change a bit.
-- Inputs: {daily_engagement}, see daily_engagement.sql; {single_acts}: of other pairs, each on one day only, see once_acted.sql; {variants}
-- Split: {daily_engagement} by actor, {single_acts} by actor; rows by actor then target
-- Parameters:
--   kappa DOUBLE     what a day's acts must be worth to count 1 - 1/e
--   taper_days INT   over how many days at the window's end evidence fades out
--   window_days INT  length of the window
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
WITH acts AS NOT MATERIALIZED (
  SELECT
    v.variant, a.platform, a.actor, a.target, a.n, a.ds, a.once,
    CAST(-ln(greatest(1e-12,
      1e0 - (1e0 - exp(-a.engagement_weight / :kappa))
        * power(2e0, (unix_date(a.ds) - unix_date(v.evaluated_on)) / v.half_life_days)
        * least(1e0, greatest(0e0, (:window_days - unix_date(v.evaluated_on) + unix_date(a.ds)) / CAST(:taper_days AS DOUBLE)))
    )) AS DECIMAL(24, 12)) AS worth
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
