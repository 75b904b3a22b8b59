-- Doings: what a person did in the window, on platforms that show posts, and to how many others.
-- Meaning: originals: own posts and quotes that are still there; shares_given, talk_given: shares, and replies and mentions, of others;
--   active_days: days with any of these. outreach_points = 10 * sum over days of min(outreach_a_day, distinct people whom one shared,
--   answered or mentioned that day), none for a declared bot; outreach_people: these people; answered_people: those of them who
--   acted on the person in the window. breadth = e^H, H the entropy of the topics of own posts, NULL without topics:
--   how many topics they are worth.
-- Unit: see the column. Grain: one row per person_id.
-- Inputs: {persons_activity}; {posts} of the window; {post_topics} of the window; {account_states}; {variants}; {excluded} (account_key);
--   {persons} (account_key, person_id)
-- Parameters:
--   outreach_a_day INT  how many people a day count
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH whole_posts AS (
  SELECT platform, post_key, max(author_key) AS author_key, min(CAST(event_at AS DATE)) AS posted_on
  FROM {posts}
  GROUP BY platform, post_key
  HAVING max(author_key) IS NOT NULL AND NOT bool_or(is_deleted) AND bool_and(post_type IN ('original', 'quote'))
),
own AS (
  SELECT w.platform, w.post_key, w.posted_on, coalesce(p.person_id, w.author_key) AS person_id
  FROM whole_posts AS w
  INNER JOIN {variants} AS v ON v.variant = 'now' AND w.posted_on BETWEEN v.first_day AND v.posts_until
  ANTI JOIN {excluded} AS e ON e.account_key = w.author_key
  LEFT JOIN {persons} AS p ON p.account_key = w.author_key
),
-- A repository is a post without a time: where there is nothing else, nobody sees what people write.
shown AS (SELECT DISTINCT platform FROM {posts} WHERE event_at IS NOT NULL),
given AS (
  SELECT a.ds, a.platform, a.actor, a.target, a.kind, a.n
  FROM {persons_activity} AS a
  INNER JOIN {variants} AS v ON v.variant = 'now' AND a.ds BETWEEN v.first_day AND v.acts_until
  LEFT SEMI JOIN shown AS s ON s.platform = a.platform
  WHERE a.actor <> a.target AND a.kind IN ('share', 'reply', 'mention')
),
counted AS (
  SELECT
    actor AS person_id,
    CAST(sum(CASE WHEN kind = 'share' THEN n ELSE 0 END) AS BIGINT) AS shares_given,
    CAST(sum(CASE WHEN kind <> 'share' THEN n ELSE 0 END) AS BIGINT) AS talk_given
  FROM given
  GROUP BY actor
),
posted AS (SELECT person_id, count(*) AS originals FROM own GROUP BY person_id),
days AS (
  SELECT person_id, count(DISTINCT day) AS active_days
  FROM (
    SELECT person_id, posted_on AS day FROM own
    UNION ALL
    SELECT actor AS person_id, ds AS day FROM given
  ) AS each
  GROUP BY person_id
),
reached AS (
  SELECT person_id, CAST(sum(least(people, :outreach_a_day)) AS BIGINT) AS people_a_day
  FROM (SELECT actor AS person_id, ds, count(DISTINCT target) AS people FROM given GROUP BY actor, ds) AS of_the_day
  GROUP BY person_id
),
met AS (SELECT DISTINCT actor, target FROM given),
answered AS (
  SELECT m.actor AS person_id, count(*) AS outreach_people, count(back.actor) AS answered_people
  FROM met AS m
  LEFT JOIN (
    SELECT DISTINCT a.actor, a.target
    FROM {persons_activity} AS a
    INNER JOIN {variants} AS v ON v.variant = 'now' AND a.ds BETWEEN v.first_day AND v.acts_until
  ) AS back ON back.actor = m.target AND back.target = m.actor
  GROUP BY m.actor
),
bots AS (
  SELECT DISTINCT coalesce(p.person_id, s.account_key) AS person_id
  FROM {account_states} AS s
  LEFT JOIN {persons} AS p ON p.account_key = s.account_key
  WHERE s.is_bot
),
topic_parts AS (
  SELECT o.person_id, t.topic_id, CAST(sum(CAST(t.part AS DECIMAL(24, 12))) AS DOUBLE) AS part
  FROM own AS o
  INNER JOIN (
    SELECT platform, post_key, topic_id, max(part) AS part
    FROM {post_topics}
    WHERE topic_id NOT LIKE 'brand:%'  -- talk about a brand is counted apart, see advocates.sql
    GROUP BY platform, post_key, topic_id
  ) AS t ON t.platform = o.platform AND t.post_key = o.post_key
  GROUP BY o.person_id, t.topic_id
),
topic_sums AS (
  SELECT person_id, CAST(sum(CAST(part AS DECIMAL(24, 12))) AS DOUBLE) AS whole FROM topic_parts GROUP BY person_id
),
breadths AS (
  SELECT
    p.person_id,
    exp(CAST(sum(CAST(-p.part / s.whole * ln(p.part / s.whole) AS DECIMAL(24, 12))) AS DOUBLE)) AS breadth
  FROM topic_parts AS p
  INNER JOIN topic_sums AS s ON s.person_id = p.person_id
  GROUP BY p.person_id
)
SELECT
  d.person_id,
  coalesce(o.originals, 0) AS originals, coalesce(c.shares_given, 0) AS shares_given, coalesce(c.talk_given, 0) AS talk_given,
  d.active_days,
  CASE WHEN b.person_id IS NULL THEN 10 * coalesce(r.people_a_day, 0) ELSE 0 END AS outreach_points,
  coalesce(a.outreach_people, 0) AS outreach_people, coalesce(a.answered_people, 0) AS answered_people,
  t.breadth
FROM days AS d
LEFT JOIN posted AS o ON o.person_id = d.person_id
LEFT JOIN counted AS c ON c.person_id = d.person_id
LEFT JOIN reached AS r ON r.person_id = d.person_id
LEFT JOIN answered AS a ON a.person_id = d.person_id
LEFT JOIN bots AS b ON b.person_id = d.person_id
LEFT JOIN breadths AS t ON t.person_id = d.person_id
