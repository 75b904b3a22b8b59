-- Person topics: on which topics people react to what a person says, the evidence, and why a topic is not named.
-- Meaning: named where all hold: own posts with different words; different weeks in which they were posted; distinct credible
--   people who acted on them, and those of them who did so on different days; the share of all that is done to the person; and
--   the person did not hide it. Else not_named says the first that does not hold. topic_reach: see capped_audience.sql, fed with
--   topic_weights.sql; topic_score = 1 + 99 * min(1, ln(1 + topic_reach) / ln(1 + topic_ref_reach)), on a frozen scale. place: among
--   the people named for the topic, by topic_score, then by endorsements; of: how many these are.
--   Named topics, and the topic_others strongest of the others; of people who agreed to be named (purpose named of agreed.sql)
--   alone, as topics are what others choose people by. It says that people react, not that somebody knows or likes
--   a thing. Sensitive topics are found nowhere.
-- Unit: people; share of all acts; topic_score points, 1 to 100. Grain: one row per ds, person_id, topic_id.
-- Source: sql/README.md, Topics.
-- Inputs: {topic_moved}, see topic_moved.sql; {topic_totals}; {post_topics} of the window;
--   {gone_posts} (platform, post_key); {topics}, see topics.sql; {hidden_topics} (account_key, topic_id), `*` for all;
--   {endorsed}, see endorsed.sql; {score}, see score.sql; {variants};
--   {agreed}, see agreed.sql;
--   {excluded} (account_key); {persons} (account_key, person_id)
-- Parameters:
--   day DATE                the score date
--   model_version STRING    version of the model file
--   ontology STRING         version of the ontology
--   topic_min_posts INT     own posts about the topic, with different words
--   topic_min_weeks INT     weeks in which they were posted
--   topic_min_people INT    distinct credible people who acted on them
--   topic_min_back INT      of these, who came back on another day
--   topic_min_share DOUBLE  share of all that is done to the person
--   topic_ref_reach DOUBLE  the reach that counts as full
--   topic_others INT        how many topics that are not named are shown
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH posted AS (
  SELECT
    coalesce(p.person_id, t.author_key) AS person_id, t.topic_id,
    count(DISTINCT t.text_hash) AS posts,
    count(DISTINCT floor((unix_date(v.evaluated_on) - unix_date(t.posted_on)) / 7e0)) AS weeks
  FROM {post_topics} AS t
  INNER JOIN {variants} AS v ON v.variant = 'now' AND t.posted_on BETWEEN v.first_day AND v.posts_until
  ANTI JOIN {gone_posts} AS g ON g.platform = t.platform AND g.post_key = t.post_key
  ANTI JOIN {excluded} AS e ON e.account_key = t.author_key
  LEFT JOIN {persons} AS p ON p.account_key = t.author_key
  GROUP BY coalesce(p.person_id, t.author_key), t.topic_id
),
hidden AS (
  SELECT DISTINCT coalesce(p.person_id, h.account_key) AS person_id, h.topic_id
  FROM {hidden_topics} AS h
  LEFT JOIN {persons} AS p ON p.account_key = h.account_key
),
known AS (
  SELECT
    o.person_id, o.topic_id, t.slug, o.posts, o.weeks, coalesce(m.people, 0) AS people, coalesce(m.back, 0) AS back,
    round(coalesce(m.engagement_weight / nullif(w.engagement_weight, 0e0), 0e0), 6) AS share,
    round(coalesce(m.reach, 0e0), 6) AS topic_reach, m.last_day,
    coalesce(d.endorsements, 0) AS endorsements, coalesce(d.endorsements_refused, 0) AS endorsements_refused,
    d.endorsements_refused_why
  FROM posted AS o
  LEFT SEMI JOIN {score} AS s ON s.variant = 'now' AND s.person_id = o.person_id
  LEFT SEMI JOIN {agreed} AS c ON c.purpose = 'named' AND c.person_id = o.person_id
  INNER JOIN {topics} AS t ON t.topic_id = o.topic_id AND NOT t.is_sensitive
  ANTI JOIN hidden AS h ON h.person_id = o.person_id AND h.topic_id IN (o.topic_id, '*')
  LEFT JOIN {topic_moved} AS m ON m.person_id = o.person_id AND m.topic_id = o.topic_id
  LEFT JOIN {topic_totals} AS w ON w.person_id = o.person_id
  LEFT JOIN {endorsed} AS d ON d.person_id = o.person_id AND d.topic_id = o.topic_id
),
judged AS (
  SELECT
    *,
    CASE
      WHEN posts < :topic_min_posts THEN 'too few posts'
      WHEN weeks < :topic_min_weeks THEN 'too few weeks'
      WHEN people < :topic_min_people THEN 'too few people'
      WHEN back < :topic_min_back THEN 'too few came back'
      WHEN share < :topic_min_share THEN 'a small part of what people react to'
    END AS not_named
  FROM known
),
ranked AS (
  SELECT
    *,
    CASE WHEN not_named IS NULL THEN
      round(1e0 + 99e0 * least(1e0, ln(1e0 + topic_reach) / ln(1e0 + :topic_ref_reach)), 4) END AS topic_score,
    row_number() OVER (PARTITION BY person_id, not_named IS NULL ORDER BY topic_reach DESC, posts DESC, topic_id) AS own_place
  FROM judged
)
SELECT
  :day AS ds, person_id, topic_id, slug,
  CASE WHEN not_named IS NULL THEN
    CAST(dense_rank() OVER (PARTITION BY topic_id, not_named IS NULL ORDER BY topic_score DESC, endorsements DESC) AS INT) END AS place,
  CASE WHEN not_named IS NULL THEN count(topic_score) OVER (PARTITION BY topic_id) END AS of,
  topic_score, topic_reach, share, posts, weeks, CAST(people AS BIGINT) AS people, CAST(back AS BIGINT) AS back,
  CAST(endorsements AS BIGINT) AS endorsements, CAST(endorsements_refused AS BIGINT) AS endorsements_refused,
  endorsements_refused_why,
  last_day AS last_evidence_on, not_named, :ontology AS ontology_version, :model_version AS model_version
FROM ranked
WHERE not_named IS NULL OR own_place <= :topic_others
