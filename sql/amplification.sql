-- Amplification Probability: how likely a post of a person is to be passed on or answered.
-- Meaning: (alpha0 + acted) / (alpha0 + beta0 + posts), posts and acted weighted by recency 2^(-(T - d) / H) of the post's
--   day; acted: see acted_posts.sql. low and high: the 5 % and 95 % quantiles of the same Beta distribution, of the variant
--   `now` alone. People without a post in the window have no row: a value for them would be made up.
-- Unit: probability, 0 to 1. Grain: one row per variant, platform, person_id.
-- Source: sql/README.md, Method, step 8. beta_quantile(p, a, b) is SciPy's, which engines register.
-- Inputs: {own_posts}, see own_posts.sql; {acted_posts}, see acted_posts.sql; {variants}
-- Parameters:
--   alpha0 DOUBLE       prior: posts acted on
--   beta0 DOUBLE        prior: posts not acted on
-- Run: .venv/bin/python jobs/amplification.py --day 2026-03-14
WITH post_days AS (
  SELECT platform, person_id, posted_on, count(*) FILTER (WHERE from_feed) AS posts
  FROM {own_posts}
  GROUP BY platform, person_id, posted_on
),
ages AS (
  SELECT
    v.variant, d.posted_on,
    CAST(power(2e0, (unix_date(d.posted_on) - unix_date(v.evaluated_on)) / v.half_life_days) AS DECIMAL(24, 12)) AS weight
  FROM (SELECT DISTINCT posted_on FROM post_days) AS d
  INNER JOIN {variants} AS v ON d.posted_on BETWEEN v.first_day AND v.posts_until
),
posted AS (
  SELECT a.variant, o.platform, o.person_id, CAST(sum(o.posts) AS BIGINT) AS posts, sum(o.posts * a.weight) AS weight
  FROM post_days AS o
  INNER JOIN ages AS a ON a.posted_on = o.posted_on
  GROUP BY a.variant, o.platform, o.person_id
),
answered AS (
  SELECT b.variant, b.platform, b.person_id, sum(a.weight) AS weight
  FROM {acted_posts} AS b
  INNER JOIN ages AS a ON a.variant = b.variant AND a.posted_on = b.posted_on
  GROUP BY b.variant, b.platform, b.person_id
),
weighted AS (
  SELECT
    p.variant, p.platform, p.person_id, p.posts,
    CAST(p.weight AS DOUBLE) AS posts_weight,
    CAST(coalesce(a.weight, 0) AS DOUBLE) AS acted_weight
  FROM posted AS p
  LEFT JOIN answered AS a ON a.variant = p.variant AND a.platform = p.platform AND a.person_id = p.person_id
)
SELECT
  variant, platform, person_id,
  CASE WHEN posts > 0 THEN (:alpha0 + acted_weight) / (:alpha0 + :beta0 + posts_weight) END AS amplification,
  CASE WHEN posts > 0 AND variant = 'now'
    THEN beta_quantile(0.05e0, :alpha0 + acted_weight, :beta0 + posts_weight - acted_weight) END AS amplification_low,
  CASE WHEN posts > 0 AND variant = 'now'
    THEN beta_quantile(0.95e0, :alpha0 + acted_weight, :beta0 + posts_weight - acted_weight) END AS amplification_high,
  posts, posts_weight, acted_weight
FROM weighted
