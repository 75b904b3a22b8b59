-- Coverage: of the likes, replies, shares and quotes that a platform counts, how many it also names.
-- Meaning: of posts not older than repeat_days, whose lists are asked for: counted is the sum of the platform's own
--   counters on that day, identified the distinct interactions seen on those posts up to that day, coverage the one by the
--   other. NULL where the platform shows no counter, which is not 0. Below 1: lists cut short, hidden or excluded people.
--   Of posts that only pass by (a stranger's, which somebody passed on) nobody asks the lists; nor, on a platform or by a
--   source that does not ask for likes, those of likes: what is counted there is not what was looked for (lists_asked).
-- Unit: interactions; coverage a share. Grain: one row per ds, platform, kind, for each platform that was pulled.
-- Source: what platforms count beside what their lists name.
-- Inputs: {posts} and {interactions} with platform and snapshot_date, of {days} and the repeat_days before each; {days} (ds);
--   {pulls}, see pulls.sql
-- Parameters:
--   repeat_days INT  for how many days after its first observation a post is asked for again
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH kinds AS (SELECT * FROM (VALUES ('like'), ('reply'), ('share'), ('quote')) AS k (kind)),
counters AS (
  SELECT
    p.snapshot_date AS ds, p.platform, p.post_key, k.kind,
    CASE k.kind
      WHEN 'like' THEN p.like_count WHEN 'reply' THEN p.reply_count WHEN 'share' THEN p.share_count ELSE p.quote_count
    END AS counted
  FROM {posts} AS p
  LEFT SEMI JOIN {days} AS d ON d.ds = p.snapshot_date
  CROSS JOIN kinds AS k
  WHERE date_diff(p.snapshot_date, CAST(p.event_at AS DATE)) BETWEEN 0 AND :repeat_days
    AND (p.lists_asked IS NULL OR concat(' ', p.lists_asked, ' ') LIKE concat('% ', k.kind, ' %'))
),
counted AS (
  SELECT ds, platform, kind, post_key, max(counted) AS counted
  FROM counters
  WHERE counted IS NOT NULL
  GROUP BY ds, platform, kind, post_key
),
identified AS (
  SELECT d.ds, i.platform, i.kind, i.target_post_key AS post_key, count(DISTINCT i.interaction_key) AS identified
  FROM {interactions} AS i
  INNER JOIN {days} AS d ON date_diff(d.ds, i.snapshot_date) BETWEEN 0 AND :repeat_days
  WHERE i.actor_key IS NOT NULL AND NOT i.is_removed
  GROUP BY d.ds, i.platform, i.kind, i.target_post_key
),
pulled AS (SELECT DISTINCT ds, platform FROM {pulls})
SELECT
  p.ds, p.platform, k.kind,
  count(c.post_key) AS posts,
  CAST(sum(c.counted) AS BIGINT) AS counted,
  CASE WHEN count(c.post_key) > 0 THEN CAST(coalesce(sum(i.identified), 0) AS BIGINT) END AS identified,
  coalesce(sum(i.identified), 0) / nullif(sum(c.counted), 0) AS coverage
FROM pulled AS p
CROSS JOIN kinds AS k
LEFT JOIN counted AS c ON c.ds = p.ds AND c.platform = p.platform AND c.kind = k.kind
LEFT JOIN identified AS i ON i.ds = c.ds AND i.platform = c.platform AND i.kind = c.kind AND i.post_key = c.post_key
GROUP BY p.ds, p.platform, k.kind
