-- Seen posts: the posts that count as somebody's own, of people who are not left out, with their people.
-- Meaning: a pure share is not one's own post, and one that was deleted since is not used. from_feed: whether all posts of the
--   account that wrote it were read, so that those which nobody passed on are known, too.
--   post: a number, whichever it is: posts are looked up once a variant, and their keys are long.
-- Grain: one row per platform, post_key.
-- Inputs: {posts} of the window, with platform and from_feed; {excluded} (account_key); {persons}
-- Parameters: none
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
feeds AS (SELECT DISTINCT platform, author_key FROM {posts} WHERE from_feed)
SELECT
  row_number() OVER () AS post, w.platform, w.post_key, w.posted_on, coalesce(p.person_id, w.author_key) AS person_id,
  f.author_key IS NOT NULL AND coalesce(w.from_feed, true) AS from_feed
FROM whole_posts AS w
ANTI JOIN {excluded} AS e ON e.account_key = w.author_key
LEFT JOIN {persons} AS p ON p.account_key = w.author_key
LEFT JOIN feeds AS f ON f.platform = w.platform AND f.author_key = w.author_key
