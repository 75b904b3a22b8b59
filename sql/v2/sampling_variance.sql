-- Sampling variance: the variance of a person's measures, by a delete-one-day jackknife with days as clusters; for the interval.
-- Meaning: the days are the sample: one post draws many, so acts of one day hang together. g_d is what the measure would lose
--   without the day d; an average day of that age gives w_d * mean, w_d the age's weight of tie_strengths.sql, mean = sum of g / sum of w;
--   variance = n / (n - 1) * sum over the n days of (g_d - w_d * mean)^2. With one day only, g_d^2.
--   Without a day's acts on a platform, S of the tie is less by what they add to it. Of the weights before the bounds of capped_audience.sql.
-- Unit: people squared. Grain: one row per platform, person_id. Variant `now` only.
-- Source: the jackknife, with days as clusters.
-- Inputs: {daily_engagement}, see daily_engagement.sql; {weights}, see weights.sql; {sampled_days}, see
--   sampled_days.sql; {variants}
-- Split: {daily_engagement} by target, {weights} by target; rows by person_id
-- Parameters:
--   kappa DOUBLE     what a day's acts must be worth to count 1 - 1/e
--   taper_days INT   over how many days at the window's end evidence fades out
--   window_days INT  length of the window
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH acted AS (
  SELECT a.platform, a.actor, a.target, a.ds,
    (1e0 - exp(-a.engagement_weight / :kappa)) AS chance,
    power(2e0, (unix_date(a.ds) - unix_date(v.evaluated_on)) / v.half_life_days)
      * least(1e0, greatest(0e0, (:window_days - unix_date(v.evaluated_on) + unix_date(a.ds)) / CAST(:taper_days AS DOUBLE)))
      AS weight
  FROM {daily_engagement} AS a
  INNER JOIN {variants} AS v ON a.ds BETWEEN v.first_day AND v.acts_until
  WHERE v.variant = 'now'
),
drops AS (
  SELECT
    a.platform, a.target AS person_id, CAST(max(a.weight) AS DECIMAL(24, 12)) AS w,
    sum(CAST(
      p.weight / nullif(p.share, 0e0)
      * exp(-p.strength) * (1e0 / greatest(1e-12, 1e0 - a.chance * a.weight) - 1e0) / (1e0 - exp(-p.strength))
    AS DECIMAL(24, 12))) AS g,
    sum(CAST(
      p.influential / nullif(p.share, 0e0)
      * exp(-p.strength) * (1e0 / greatest(1e-12, 1e0 - a.chance * a.weight) - 1e0) / (1e0 - exp(-p.strength))
    AS DECIMAL(24, 12))) AS e
  FROM acted AS a
  INNER JOIN {weights} AS p ON p.variant = 'now' AND p.platform = a.platform AND p.actor = a.actor AND p.target = a.target
  WHERE p.strength > 1e-9
  GROUP BY a.platform, a.target, a.ds
),
sums AS (
  SELECT
    platform, person_id,
    CAST(sum(g) AS DOUBLE) AS g, CAST(sum(e) AS DOUBLE) AS e,
    CAST(sum(CAST(CAST(g AS DOUBLE) * CAST(g AS DOUBLE) AS DECIMAL(30, 12))) AS DOUBLE) AS gg,
    CAST(sum(CAST(CAST(e AS DOUBLE) * CAST(e AS DOUBLE) AS DECIMAL(30, 12))) AS DOUBLE) AS ee,
    CAST(sum(CAST(CAST(g AS DOUBLE) * CAST(e AS DOUBLE) AS DECIMAL(30, 12))) AS DOUBLE) AS ge,
    CAST(sum(CAST(CAST(g AS DOUBLE) * CAST(w AS DOUBLE) AS DECIMAL(30, 12))) AS DOUBLE) AS gw,
    CAST(sum(CAST(CAST(e AS DOUBLE) * CAST(w AS DOUBLE) AS DECIMAL(30, 12))) AS DOUBLE) AS ew
  FROM drops
  GROUP BY platform, person_id
)
SELECT
  s.platform, s.person_id,
  CASE WHEN d.n = 1 THEN gg
    ELSE greatest(0e0, d.n / (d.n - 1e0) * (gg - 2e0 * g / d.w * gw + g * g / power(d.w, 2e0) * d.ww)) END
    AS reach_variance,
  CASE WHEN d.n = 1 THEN ee
    ELSE greatest(0e0, d.n / (d.n - 1e0) * (ee - 2e0 * e / d.w * ew + e * e / power(d.w, 2e0) * d.ww)) END
    AS network_variance,
  CASE WHEN d.n = 1 THEN ge
    ELSE d.n / (d.n - 1e0) * (ge - (e * gw + g * ew) / d.w + g * e / power(d.w, 2e0) * d.ww) END
    AS covariance
FROM sums AS s
INNER JOIN {sampled_days} AS d ON d.platform = s.platform
