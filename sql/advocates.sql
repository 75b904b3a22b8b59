-- Advocates: who speaks of a brand week after week, and whom they move with that.
-- Meaning: days, weeks: on which they posted about the brand (its hashtag, a phrase of it, a mention of its account) or mentioned its
--   account; posts: own posts about it, with different words; mentions: acts of the kind mention on its accounts.
--   people, back, reach, share: as for topics, see person_topics.sql, with the brand in the place of the topic. approval: how their
--   crowd's replies sound, of all they say, see sentiment.sql. paid: drawn for a campaign, or given a code of one, within paid_days:
--   told apart, since a paid voice is none of its own.
--   Of people who agreed to be named (purpose named of consented.sql) alone, who spoke in min_weeks weeks and moved min_people
--   people. The brand's own accounts are not among them, nor is whom a crowd talked at within 30 days (pile_ons.sql): they may
--   be in need of rest. No order is told: it is a list, and no ranking.
-- Unit: days; weeks; people; share of all acts; valence, -1 to 1. Grain: one row per ds, brand, person_id.
-- Source: sql/README.md, Topics.
-- Inputs: {brands} (brand, brand_name, account_key); {post_topics} of the window; {gone_posts} (platform, post_key);
--   {persons_activity}; {topic_moved}, see topic_moved.sql; {topic_totals};
--   {sentiment}; {pile_ons}; {selections}, the log of draws (account_key, arm, selected_on);
--   {campaigns} (account_key, arm, starts_on, ends_on); {consented}, see consented.sql; {variants}; {excluded} (account_key);
--   {hidden_topics} (account_key, topic_id), `*` for all; {persons} (account_key, person_id)
-- Parameters:
--   day DATE                  the score date
--   model_version STRING      version of the model file
--   advocate_min_weeks INT    weeks in which they spoke of the brand
--   advocate_min_people INT   distinct credible people who acted on that
--   advocate_paid_days INT    for how many days after a draw or a campaign somebody is paid
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH own AS (
  SELECT DISTINCT b.brand, coalesce(p.person_id, b.account_key) AS person_id
  FROM {brands} AS b
  LEFT JOIN {persons} AS p ON p.account_key = b.account_key
  WHERE b.account_key IS NOT NULL
),
posted AS (
  SELECT coalesce(p.person_id, t.author_key) AS person_id, t.topic_id, t.posted_on AS day, t.text_hash
  FROM {post_topics} AS t
  INNER JOIN {variants} AS v ON v.variant = 'now' AND t.posted_on BETWEEN v.first_day AND v.posts_until
  ANTI JOIN {gone_posts} AS g ON g.platform = t.platform AND g.post_key = t.post_key
  ANTI JOIN {excluded} AS e ON e.account_key = t.author_key
  LEFT JOIN {persons} AS p ON p.account_key = t.author_key
  WHERE t.topic_id LIKE 'brand:%'
),
mentioned AS (
  SELECT a.actor AS person_id, concat('brand:', o.brand) AS topic_id, a.ds AS day, a.n
  FROM {persons_activity} AS a
  INNER JOIN {variants} AS v ON v.variant = 'now' AND a.ds BETWEEN v.first_day AND v.acts_until
  INNER JOIN own AS o ON o.person_id = a.target
  WHERE a.kind = 'mention' AND a.actor <> a.target
),
spoken AS (
  SELECT
    s.person_id, s.topic_id,
    count(DISTINCT s.day) AS days,
    count(DISTINCT floor((unix_date(v.evaluated_on) - unix_date(s.day)) / 7e0)) AS weeks,
    count(DISTINCT s.text_hash) AS posts,
    CAST(sum(s.n) AS BIGINT) AS mentions,
    max(s.day) AS last_day
  FROM (
    SELECT person_id, topic_id, day, text_hash, 0 AS n FROM posted
    UNION ALL
    SELECT person_id, topic_id, day, CAST(NULL AS STRING) AS text_hash, n FROM mentioned
  ) AS s
  INNER JOIN {variants} AS v ON v.variant = 'now'
  GROUP BY s.person_id, s.topic_id
),
paid AS (
  SELECT DISTINCT coalesce(p.person_id, s.account_key) AS person_id
  FROM (
    SELECT account_key FROM {selections}
    WHERE arm = 'person' AND date_diff(:day, selected_on) BETWEEN 0 AND :advocate_paid_days - 1
    UNION ALL
    SELECT account_key FROM {campaigns}
    WHERE arm = 'person' AND account_key IS NOT NULL AND starts_on <= :day
      AND date_diff(:day, greatest(starts_on, least(coalesce(ends_on, starts_on), :day))) < :advocate_paid_days
  ) AS s
  LEFT JOIN {persons} AS p ON p.account_key = s.account_key
),
unsaid AS (
  SELECT DISTINCT coalesce(p.person_id, h.account_key) AS person_id
  FROM {hidden_topics} AS h
  LEFT JOIN {persons} AS p ON p.account_key = h.account_key
  WHERE h.topic_id = '*'
)
SELECT
  :day AS ds, b.brand, s.person_id, b.brand_name,
  CAST(s.days AS BIGINT) AS days, CAST(s.weeks AS BIGINT) AS weeks, CAST(s.posts AS BIGINT) AS posts, s.mentions,
  m.people, m.back,
  round(m.reach, 6) AS reach,
  round(coalesce(m.engagement_weight / nullif(w.engagement_weight, 0e0), 0e0), 6) AS share,
  f.approval,
  d.person_id IS NOT NULL AS paid,
  s.last_day AS last_spoken_on,
  :model_version AS model_version
FROM spoken AS s
INNER JOIN (SELECT DISTINCT brand, brand_name FROM {brands}) AS b ON concat('brand:', b.brand) = s.topic_id
INNER JOIN {topic_moved} AS m ON m.person_id = s.person_id AND m.topic_id = s.topic_id
LEFT SEMI JOIN (SELECT person_id FROM {consented} WHERE purpose = 'named') AS c ON c.person_id = s.person_id
ANTI JOIN own AS o ON o.brand = b.brand AND o.person_id = s.person_id
ANTI JOIN {pile_ons} AS q ON q.person_id = s.person_id
ANTI JOIN unsaid AS h ON h.person_id = s.person_id
LEFT JOIN {topic_totals} AS w ON w.person_id = s.person_id
LEFT JOIN {sentiment} AS f ON f.person_id = s.person_id
LEFT JOIN paid AS d ON d.person_id = s.person_id
WHERE s.weeks >= :advocate_min_weeks AND m.people >= :advocate_min_people
