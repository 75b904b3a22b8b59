-- Amplification Probability: how likely a post of a person is to be passed on or answered.
-- Meaning: (alpha0 + acted) / (alpha0 + beta0 + posts), posts and acted weighted by recency 2^(-(T - d) / H) of the post's
--   day; acted: posts that drew a share, quote or reply from a credible somebody else in the window. A pure share is not
--   one's own post, and one that was deleted since is not used. low and high: the 5 % and 95 % quantiles of the same Beta distribution.
--   People without a post in the window have no row: a value for them would be made up.
-- Unit: probability, 0 to 1. Grain: one row per platform, person_id.
-- Source: scoring.md, section 1. beta_quantile(p, a, b) is SciPy's, registered in influence/measures.py.
-- Inputs: {posts} of the window, with platform; {post_actions} of the window; {excluded} (account_key); {credibility}
-- Parameters:
--   day DATE               T, the score date
--   first_day DATE         first day of the window
--   half_life_days DOUBLE  H
--   alpha0 DOUBLE          prior: posts acted on
--   beta0 DOUBLE           prior: posts not acted on
--   credible_at DOUBLE     credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/amplification.py --day 2026-03-14
WITH own_posts AS (
  -- All snapshots of a post together: the one that says it was deleted may be later, and silent about author and time.
  SELECT platform, post_key, max(author_key) AS person_id, min(CAST(event_at AS DATE)) AS posted_on
  FROM {posts}
  GROUP BY platform, post_key
  HAVING
    max(author_key) IS NOT NULL AND NOT bool_or(is_deleted OR post_type = 'share')
    AND min(CAST(event_at AS DATE)) BETWEEN :first_day AND :day
),
acted AS (
  SELECT DISTINCT pa.platform, pa.post_key
  FROM {post_actions} AS pa
  LEFT ANTI JOIN {excluded} AS e ON e.account_key = pa.actor
  LEFT JOIN {credibility} AS c ON c.account_key = pa.actor
  INNER JOIN own_posts AS o
    ON o.platform = pa.platform AND o.post_key = pa.post_key AND o.person_id <> pa.actor
  WHERE coalesce(c.credibility, 1D) >= :credible_at
),
weighted AS (
  SELECT
    o.platform, o.person_id,
    count(*) AS posts,
    CAST(sum(CAST(power(2D, -date_diff(:day, o.posted_on) / :half_life_days) AS DECIMAL(24, 12))) AS DOUBLE)
      AS posts_weight,
    CAST(sum(CAST(
      CASE WHEN a.post_key IS NULL THEN 0D ELSE power(2D, -date_diff(:day, o.posted_on) / :half_life_days) END
      AS DECIMAL(24, 12))) AS DOUBLE) AS acted_weight
  FROM own_posts AS o
  LEFT ANTI JOIN {excluded} AS e ON e.account_key = o.person_id
  LEFT JOIN acted AS a ON a.platform = o.platform AND a.post_key = o.post_key
  GROUP BY o.platform, o.person_id
)
SELECT
  platform,
  person_id,
  (:alpha0 + acted_weight) / (:alpha0 + :beta0 + posts_weight) AS amplification,
  beta_quantile(0.05D, :alpha0 + acted_weight, :beta0 + posts_weight - acted_weight) AS amplification_low,
  beta_quantile(0.95D, :alpha0 + acted_weight, :beta0 + posts_weight - acted_weight) AS amplification_high,
  posts,
  posts_weight,
  acted_weight
FROM weighted
