-- Topic evidence: the posts for which a person is named for a topic.
-- Meaning: of each named topic the topic_evidence_posts posts that most credible people acted on, the newest first where these are
--   alike. evidence: how the topic was found in the post: tag, phrase, name, word, link, platform or repository. No text is kept.
-- Unit: people. Grain: one row per ds, person_id, topic_id, post_key.
-- Inputs: {person_topics}, see person_topics.sql; {post_topics} of the window; {topic_activity} of the window; {topic_weights};
--   {gone_posts} (platform, post_key); {variants}; {excluded} (account_key); {persons} (account_key, person_id)
-- Parameters:
--   day DATE                  the score date
--   credible_at DOUBLE        credibility from which an actor is called credible
--   topic_evidence_posts INT  how many posts are named
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH named AS (SELECT person_id, topic_id FROM {person_topics} WHERE not_named IS NULL),
posts AS (
  SELECT
    coalesce(p.person_id, t.author_key) AS person_id, t.topic_id, t.platform, t.post_key, max(t.posted_on) AS posted_on,
    max_by(t.evidence, t.ds) AS evidence
  FROM {post_topics} AS t
  INNER JOIN {variants} AS v ON v.variant = 'now' AND t.posted_on BETWEEN v.first_day AND v.posts_until
  ANTI JOIN {gone_posts} AS g ON g.platform = t.platform AND g.post_key = t.post_key
  ANTI JOIN {excluded} AS e ON e.account_key = t.author_key
  LEFT JOIN {persons} AS p ON p.account_key = t.author_key
  GROUP BY coalesce(p.person_id, t.author_key), t.topic_id, t.platform, t.post_key
),
wanted AS (
  SELECT p.* FROM posts AS p LEFT SEMI JOIN named AS n ON n.person_id = p.person_id AND n.topic_id = p.topic_id
),
acted AS (
  SELECT w.person_id, w.topic_id, w.platform, w.post_key, coalesce(pa.person_id, ta.actor) AS actor
  FROM wanted AS w
  INNER JOIN {topic_activity} AS ta ON ta.platform = w.platform AND ta.topic_id = w.topic_id AND ta.post_key = w.post_key
  INNER JOIN {variants} AS v ON v.variant = 'now' AND ta.ds BETWEEN v.first_day AND v.acts_until
  ANTI JOIN {excluded} AS e ON e.account_key = ta.actor
  LEFT JOIN {persons} AS pa ON pa.account_key = ta.actor
),
credible AS (
  SELECT DISTINCT target, variant, actor FROM {topic_weights} WHERE credibility >= :credible_at
),
counted AS (
  SELECT a.person_id, a.topic_id, a.platform, a.post_key, count(DISTINCT a.actor) AS people
  FROM acted AS a
  INNER JOIN credible AS c ON c.target = a.person_id AND c.variant = a.topic_id AND c.actor = a.actor
  GROUP BY a.person_id, a.topic_id, a.platform, a.post_key
),
placed AS (
  SELECT
    w.person_id, w.topic_id, w.post_key, w.posted_on, w.evidence, coalesce(c.people, 0) AS people,
    row_number() OVER (
      PARTITION BY w.person_id, w.topic_id ORDER BY coalesce(c.people, 0) DESC, w.posted_on DESC, w.post_key) AS place
  FROM wanted AS w
  LEFT JOIN counted AS c
    ON c.person_id = w.person_id AND c.topic_id = w.topic_id AND c.platform = w.platform AND c.post_key = w.post_key
)
SELECT :day AS ds, person_id, topic_id, post_key, posted_on, evidence, CAST(people AS BIGINT) AS people
FROM placed
WHERE place <= :topic_evidence_posts
