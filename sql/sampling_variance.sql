-- Sampling variance: the variance of a person's measures, by a delete-one-day jackknife with days as clusters; for the interval.
-- Meaning: the days are the sample: one post draws many, so acts of one day hang together. g_d is what the measure would lose
--   without the day d; an average day of that age gives w_d * mean, w_d = 2^(-(T - d) / H), mean = sum of g / sum of w;
--   variance = n / (n - 1) * sum over the n days of (g_d - w_d * mean)^2. With one day only, g_d^2.
--   Of the weights before the bounds of capped_audience.sql.
-- Unit: people squared. Grain: one row per platform, person_id. Variant `now` only.
-- Source: the jackknife, with days as clusters.
-- Inputs: {daily_engagement}, see daily_engagement.sql; {weights}, see weights.sql; {sampled_days}, see
--   sampled_days.sql; {variants}
-- Split: {daily_engagement} by target, {weights} by target; rows by person_id
-- Parameters:
--   kappa DOUBLE  saturation
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH acted AS (
  SELECT a.platform, a.actor, a.target, a.ds, a.engagement_weight,
    power(2e0, (unix_date(a.ds) - unix_date(v.evaluated_on)) / v.half_life_days) AS weight
  FROM {daily_engagement} AS a
  INNER JOIN {variants} AS v ON a.ds BETWEEN v.first_day AND v.acts_until
  WHERE v.variant = 'now'
),
drops AS (
  SELECT
    a.platform, a.target AS person_id, CAST(max(a.weight) AS DECIMAL(24, 12)) AS w,
    sum(CAST(
      p.weight
      * (exp((a.engagement_weight * a.weight - p.strength) / :kappa) - exp(-p.strength / :kappa)) / (1e0 - exp(-p.strength / :kappa))
    AS DECIMAL(24, 12))) AS g,
    sum(CAST(
      p.influential
      * (exp((a.engagement_weight * a.weight - p.strength) / :kappa) - exp(-p.strength / :kappa)) / (1e0 - exp(-p.strength / :kappa))
    AS DECIMAL(24, 12))) AS e
  FROM acted AS a
  INNER JOIN {weights} AS p ON p.variant = 'now' AND p.platform = a.platform AND p.actor = a.actor AND p.target = a.target
  WHERE p.strength > 0
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
