-- Sampled days: on how many days anybody acted on a platform, with the sums of their weights; what one of them is to the whole.
-- Meaning: an act of d days ago weighs 2^(-d / half-life), as in tie_strengths.sql. w: the sum over days; ww: the sum of squares.
-- Unit: days. Grain: one row per platform. Variant `now` only.
-- Inputs: {daily_engagement}, see daily_engagement.sql; {variants}
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT
  platform, count(*) AS n, CAST(sum(weight) AS DOUBLE) AS w, CAST(sum(weight * weight) AS DOUBLE) AS ww
FROM (
  SELECT a.platform, a.ds,
    CAST(power(2e0, (unix_date(a.ds) - unix_date(v.evaluated_on)) / v.half_life_days) AS DECIMAL(24, 12)) AS weight
  FROM (SELECT DISTINCT platform, ds FROM {daily_engagement}) AS a
  INNER JOIN {variants} AS v ON a.ds BETWEEN v.first_day AND v.acts_until
  WHERE v.variant = 'now'
) AS each_day
GROUP BY platform
