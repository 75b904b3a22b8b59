-- Own posts: what persons posted in the window, each post once.
-- Meaning: a pure share is not one's own post, and one that was deleted since is not used. from_feed: whether the account's own feed
--   shows it: of others' posts nobody knows how many there are besides, see feeds.sql.
-- Grain: one row per platform, post_key.
-- Inputs: {posts} of the window, with platform and from_feed; {feeds}, see feeds.sql; {excluded} (account_key); {persons}
-- Split: {posts} by post_key; rows by post_key
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
)
SELECT
  w.platform, w.post_key, w.posted_on, coalesce(p.person_id, w.author_key) AS person_id,
  f.author_key IS NOT NULL AND coalesce(w.from_feed, true) AS from_feed
FROM whole_posts AS w
ANTI JOIN {excluded} AS e ON e.account_key = w.author_key
LEFT JOIN {persons} AS p ON p.account_key = w.author_key
LEFT JOIN {feeds} AS f ON f.platform = w.platform AND f.author_key = w.author_key
