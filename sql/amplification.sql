-- Amplification Probability: how likely a post of a person is to be passed on or answered.
-- Meaning: (alpha0 + acted) / (alpha0 + beta0 + posts), posts and acted weighted by recency 2^(-(T - d) / H) of the post's
--   day; acted: posts that drew a share, quote or reply from a credible somebody else in the window. low and high: the
--   5 % and 95 % quantiles of the same Beta distribution, of the variant `now` alone.
--   People without a post in the window have no row: a value for them would be made up.
-- Unit: probability, 0 to 1. Grain: one row per variant, platform, person_id.
-- Source: sql/README.md, Method, step 8. beta_quantile(p, a, b) is SciPy's, which engines register.
-- Inputs: {seen_posts}, see seen_posts.sql; {post_actions} of the window; {excluded} (account_key); {persons};
--   {credibility} (evaluated_on, platform, person_id); {variants}
-- Parameters:
--   alpha0 DOUBLE       prior: posts acted on
--   beta0 DOUBLE        prior: posts not acted on
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/amplification.py --day 2026-03-14
WITH own_posts AS (SELECT post, platform, post_key, posted_on, person_id FROM {seen_posts} WHERE from_feed),
passed_on AS (
  SELECT o.post, o.posted_on, pa.platform, pa.ds, o.person_id, coalesce(p.person_id, pa.actor) AS actor
  FROM {post_actions} AS pa
  ANTI JOIN {excluded} AS e ON e.account_key = pa.actor
  LEFT JOIN {persons} AS p ON p.account_key = pa.actor
  INNER JOIN own_posts AS o ON o.platform = pa.platform AND o.post_key = pa.post_key
),
acted AS (
  SELECT DISTINCT v.variant, pa.platform, pa.person_id, pa.post, pa.posted_on
  FROM passed_on AS pa
  INNER JOIN {variants} AS v ON pa.ds BETWEEN v.first_day AND v.acts_until AND pa.posted_on BETWEEN v.first_day AND v.posts_until
  LEFT JOIN {credibility} AS c
    ON c.evaluated_on = v.evaluated_on AND c.platform = pa.platform AND c.person_id = pa.actor
  WHERE pa.actor <> pa.person_id AND coalesce(c.credibility, 1e0) >= :credible_at
),
ages AS (
  SELECT
    v.variant, d.posted_on,
    CAST(power(2e0, (unix_date(d.posted_on) - unix_date(v.evaluated_on)) / v.half_life_days) AS DECIMAL(24, 12)) AS weight
  FROM (SELECT DISTINCT posted_on FROM own_posts) AS d
  INNER JOIN {variants} AS v ON d.posted_on BETWEEN v.first_day AND v.posts_until
),
posted AS (
  SELECT a.variant, o.platform, o.person_id, CAST(sum(o.posts) AS BIGINT) AS posts, sum(o.posts * a.weight) AS weight
  FROM (
    SELECT platform, person_id, posted_on, count(*) AS posts FROM own_posts GROUP BY platform, person_id, posted_on
  ) AS o
  INNER JOIN ages AS a ON a.posted_on = o.posted_on
  GROUP BY a.variant, o.platform, o.person_id
),
answered AS (
  SELECT b.variant, b.platform, b.person_id, sum(a.weight) AS weight
  FROM acted AS b
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
  (:alpha0 + acted_weight) / (:alpha0 + :beta0 + posts_weight) AS amplification,
  CASE WHEN variant = 'now'
    THEN beta_quantile(0.05e0, :alpha0 + acted_weight, :beta0 + posts_weight - acted_weight) END AS amplification_low,
  CASE WHEN variant = 'now'
    THEN beta_quantile(0.95e0, :alpha0 + acted_weight, :beta0 + posts_weight - acted_weight) END AS amplification_high,
  posts, posts_weight, acted_weight
FROM weighted
UNION ALL
SELECT DISTINCT
  v.variant, s.platform, s.person_id,
  CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(0 AS BIGINT), 0e0, 0e0
FROM {seen_posts} AS s
INNER JOIN {variants} AS v ON s.posted_on BETWEEN v.first_day AND v.posts_until
LEFT JOIN weighted AS w ON w.variant = v.variant AND w.platform = s.platform AND w.person_id = s.person_id
WHERE NOT s.from_feed AND w.person_id IS NULL
