-- Acted posts: the posts of a person's feed that drew a share, quote or reply from a credible somebody else.
-- Meaning: of each variant of score/variants.py: of the posts and the acts in its days, with credibility as of its score date.
-- Unit: posts. Grain: one row per variant, platform and post, whichever it is.
-- Inputs: {own_posts}, see own_posts.sql; {post_actions} of the window; {excluded} (account_key); {persons};
--   {credibility} (evaluated_on, platform, person_id); {variants}
-- Split: {own_posts} by post_key, {post_actions} by post_key
-- Parameters:
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/amplification.py --day 2026-03-14
WITH numbered AS (
  -- By a number, whichever it is: posts are looked up once a variant, and their keys are long.
  SELECT row_number() OVER () AS post, platform, post_key, posted_on, person_id FROM {own_posts} WHERE from_feed
),
passed_on AS (
  SELECT o.post, o.posted_on, pa.platform, pa.ds, o.person_id, coalesce(p.person_id, pa.actor) AS actor
  FROM {post_actions} AS pa
  ANTI JOIN {excluded} AS e ON e.account_key = pa.actor
  LEFT JOIN {persons} AS p ON p.account_key = pa.actor
  INNER JOIN numbered AS o ON o.platform = pa.platform AND o.post_key = pa.post_key
),
acted AS (
  SELECT DISTINCT v.variant, pa.platform, pa.person_id, pa.post, pa.posted_on
  FROM passed_on AS pa
  INNER JOIN {variants} AS v ON pa.ds BETWEEN v.first_day AND v.acts_until AND pa.posted_on BETWEEN v.first_day AND v.posts_until
  LEFT JOIN {credibility} AS c
    ON c.evaluated_on = v.evaluated_on AND c.platform = pa.platform AND c.person_id = pa.actor
  WHERE pa.actor <> pa.person_id AND coalesce(c.credibility, 1e0) >= :credible_at
)
SELECT variant, platform, person_id, posted_on FROM acted
