-- Topic activity: what was done on posts that are about a topic.
-- Meaning: n interactions of one kind by actor on one post of target; part: 1 / topics of the post, so that a post counts once
--   however many topics it has. A mention is no act on a post of the person mentioned, and what others wrote about or to somebody
--   is not about what they said: neither is here. A post is remembered for topic_days after it was seen.
-- Unit: interactions. Grain: one row per ds, platform, topic_id, post_key, actor, kind.
-- Inputs: {classified}, see classified.sql; {post_topics}, what config/ontology.py and score/topic_matcher.py found in posts of
--   the days and of the topic_days before
-- Parameters:
--   topic_days INT  for how many days after a post was seen acts on it are counted
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH acts AS (
  SELECT ds, platform, post_key, actor, target, kind, count(*) AS n
  FROM {classified}
  WHERE disposition = 'kept' AND post_key IS NOT NULL AND kind <> 'mention'
  GROUP BY ds, platform, post_key, actor, target, kind
)
SELECT
  a.ds, a.platform, t.topic_id, a.post_key, a.actor, a.target, a.kind,
  max(a.n) AS n,
  -- The last word on a post counts: it may have been edited.
  max_by(t.part, t.ds) AS part
FROM acts AS a
INNER JOIN {post_topics} AS t
  ON t.platform = a.platform AND t.post_key = a.post_key AND t.author_key = a.target
  AND date_diff(a.ds, t.ds) BETWEEN 0 AND :topic_days
GROUP BY a.ds, a.platform, t.topic_id, a.post_key, a.actor, a.target, a.kind
