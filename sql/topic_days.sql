-- Topic days: what a person's acts on another person's posts about a topic on one day are worth together.
-- Meaning:  m_t(d,a,u) = sum over kinds of base_k * n * part * (1 + O)^-gamma     O: see daily_engagement.sql, so that m_t <= m
--   A post that was deleted at its source, or whose topic may not be named any more, counts no more.
-- Unit: that of daily_engagement.sql. Grain: one row per ds, platform, topic_id, actor, target.
-- Source: sql/README.md, Topics.
-- Inputs: {topic_activity} of the window; {daily_engagement}, see daily_engagement.sql; {known_topics}, see known_topics.sql; {gone_posts} (platform, post_key);
--   {variants}; {excluded} (account_key); {persons} (account_key, person_id)
-- Parameters:
--   base_like DOUBLE   strength of a like
--   base_reply DOUBLE  strength of a reply
--   base_quote DOUBLE  strength of a quote
--   base_share DOUBLE  strength of a share
--   gamma DOUBLE       selectivity
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH mine AS (
  SELECT
    ta.ds, ta.platform, ta.topic_id, coalesce(pa.person_id, ta.actor) AS actor, coalesce(pt.person_id, ta.target) AS target,
    CAST(sum(CAST(ta.n * ta.part * CASE ta.kind
      WHEN 'like' THEN :base_like
      WHEN 'reply' THEN :base_reply
      WHEN 'quote' THEN :base_quote
      WHEN 'share' THEN :base_share
    END AS DECIMAL(24, 12))) AS DOUBLE) AS engagement_weight
  FROM {topic_activity} AS ta
  INNER JOIN {variants} AS v ON v.variant = 'now' AND ta.ds BETWEEN v.first_day AND v.acts_until
  LEFT SEMI JOIN {known_topics} AS t ON t.topic_id = ta.topic_id
  ANTI JOIN {gone_posts} AS g ON g.platform = ta.platform AND g.post_key = ta.post_key
  ANTI JOIN {excluded} AS ea ON ea.account_key = ta.actor
  ANTI JOIN {excluded} AS et ON et.account_key = ta.target
  LEFT JOIN {persons} AS pa ON pa.account_key = ta.actor
  LEFT JOIN {persons} AS pt ON pt.account_key = ta.target
  GROUP BY ta.ds, ta.platform, ta.topic_id, coalesce(pa.person_id, ta.actor), coalesce(pt.person_id, ta.target)
),
busy AS (
  SELECT a.ds, a.platform, a.actor, sum(a.n) AS n
  FROM {daily_engagement} AS a
  LEFT SEMI JOIN mine AS m ON m.ds = a.ds AND m.platform = a.platform AND m.actor = a.actor
  GROUP BY a.ds, a.platform, a.actor
)
SELECT
  m.ds, m.platform, m.topic_id, m.actor, m.target,
  m.engagement_weight * power(1e0 + b.n - a.n, -:gamma) AS engagement_weight
FROM mine AS m
INNER JOIN {daily_engagement} AS a ON a.ds = m.ds AND a.platform = m.platform AND a.actor = m.actor AND a.target = m.target
INNER JOIN busy AS b ON b.ds = m.ds AND b.platform = m.platform AND b.actor = m.actor
WHERE m.actor <> m.target
