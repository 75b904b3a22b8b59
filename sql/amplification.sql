-- Amplification Probability: how likely a post of a person is to be passed on or answered.
-- Meaning: (alpha0 + acted) / (alpha0 + beta0 + posts), posts and acted weighted by recency 2^(-(T - d) / H) of the post's
--   day; acted: posts that drew a share, quote or reply from a credible somebody else in the window. A pure share is not
--   one's own post, and one that was deleted since is not used. low and high: the 5 % and 95 % quantiles of the same Beta distribution.
--   People without a post in the window have no row: a value for them would be made up.
-- Unit: probability, 0 to 1. Grain: one row per variant, platform, person_id.
-- Source: sql/README.md, Method, step 8. beta_quantile(p, a, b) is SciPy's, which engines register.
-- Inputs: {posts} of the window, with platform and from_feed; {post_actions} of the window; {excluded} (account_key); {persons};
--   {credibility} (evaluated_on, platform, person_id); {variants}
-- Parameters:
--   alpha0 DOUBLE       prior: posts acted on
--   beta0 DOUBLE        prior: posts not acted on
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/amplification.py --day 2026-03-14
WITH whole_posts AS (
  -- All snapshots of a post together: the one that says it was deleted may be later, and silent about author and time.
  SELECT
    platform, post_key, max(author_key) AS author_key, min(CAST(event_at AS DATE)) AS posted_on,
    bool_or(from_feed) AS from_feed
  FROM {posts}
  GROUP BY platform, post_key
  HAVING max(author_key) IS NOT NULL AND NOT bool_or(is_deleted OR post_type = 'share')
),
feeds AS (SELECT DISTINCT platform, author_key FROM {posts} WHERE from_feed),
seen_posts AS (
  SELECT
    w.platform, w.post_key, w.posted_on, coalesce(p.person_id, w.author_key) AS person_id,
    f.author_key IS NOT NULL AND coalesce(w.from_feed, true) AS from_feed
  FROM whole_posts AS w
  ANTI JOIN {excluded} AS e ON e.account_key = w.author_key
  LEFT JOIN {persons} AS p ON p.account_key = w.author_key
  LEFT JOIN feeds AS f ON f.platform = w.platform AND f.author_key = w.author_key
),
own_posts AS (SELECT platform, post_key, posted_on, person_id FROM seen_posts WHERE from_feed),
passed_on AS (
  SELECT pa.platform, pa.post_key, pa.ds, o.person_id, o.posted_on, coalesce(p.person_id, pa.actor) AS actor
  FROM {post_actions} AS pa
  ANTI JOIN {excluded} AS e ON e.account_key = pa.actor
  LEFT JOIN {persons} AS p ON p.account_key = pa.actor
  INNER JOIN own_posts AS o ON o.platform = pa.platform AND o.post_key = pa.post_key
),
acted AS (
  SELECT DISTINCT v.variant, pa.platform, pa.post_key
  FROM passed_on AS pa
  INNER JOIN {variants} AS v ON pa.ds BETWEEN v.first_day AND v.acts_until
  LEFT JOIN {credibility} AS c
    ON c.evaluated_on = v.evaluated_on AND c.platform = pa.platform AND c.person_id = pa.actor
  WHERE pa.actor <> pa.person_id AND coalesce(c.credibility, 1e0) >= :credible_at
),
weighted AS (
  SELECT
    v.variant, o.platform, o.person_id,
    count(*) AS posts,
    CAST(sum(CAST(
      power(2e0, (unix_date(o.posted_on) - unix_date(v.evaluated_on)) / v.half_life_days)
    AS DECIMAL(24, 12))) AS DOUBLE) AS posts_weight,
    CAST(sum(CAST(
      CASE WHEN a.post_key IS NULL THEN 0e0
        ELSE power(2e0, (unix_date(o.posted_on) - unix_date(v.evaluated_on)) / v.half_life_days) END
    AS DECIMAL(24, 12))) AS DOUBLE) AS acted_weight
  FROM own_posts AS o
  INNER JOIN {variants} AS v ON o.posted_on BETWEEN v.first_day AND v.posts_until
  LEFT JOIN acted AS a ON a.variant = v.variant AND a.platform = o.platform AND a.post_key = o.post_key
  GROUP BY v.variant, o.platform, o.person_id
)
SELECT
  variant, platform, person_id,
  (:alpha0 + acted_weight) / (:alpha0 + :beta0 + posts_weight) AS amplification,
  beta_quantile(0.05e0, :alpha0 + acted_weight, :beta0 + posts_weight - acted_weight) AS amplification_low,
  beta_quantile(0.95e0, :alpha0 + acted_weight, :beta0 + posts_weight - acted_weight) AS amplification_high,
  posts, posts_weight, acted_weight
FROM weighted
UNION ALL
SELECT DISTINCT
  v.variant, s.platform, s.person_id,
  CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(0 AS BIGINT), 0e0, 0e0
FROM seen_posts AS s
INNER JOIN {variants} AS v ON s.posted_on BETWEEN v.first_day AND v.posts_until
LEFT JOIN weighted AS w ON w.variant = v.variant AND w.platform = s.platform AND w.person_id = s.person_id
WHERE NOT s.from_feed AND w.person_id IS NULL
