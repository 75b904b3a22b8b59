-- Lenses: the same evidence as two older systems looked at it, as far as these told: PeerIndex and TweetLevel. No part of the score.
-- Meaning: each axis 0 to 100; share(v, full) = min(1, ln(1 + v) / ln(1 + full)):
--     peerindex  authority   the highest topic_score of the topics that the person is named for; where there is none
--                            100 share(influential people, lens_ref_network)
--                audience    100 share(true_reach, lens_ref_reach)
--                activity    100 share(own doings a day, 3) * min(1, lens_most_a_day / own doings a day): too much hurts
--                peerindex_like  the mean of these three
--     tweetlevel popularity  100 share(followers, lens_ref_followers), of the account that has the most
--                engagement  100 share(people talked to, lens_ref_people) * (1 + talk / own doings) / 2
--                influence   the score
--                trust       100 trusted evidence / true_reach * share(people who shared, lens_ref_reach), who are credible
--   What is not known is NULL, and never 0. inputs: the numbers that a value is made from, as JSON.
-- Unit: points, 0 to 100. Grain: one row per ds, person_id, lens, axis.
-- Source: PeerIndex and TweetLevel told the axes, not the weights; the formulas are ours.
-- Inputs: {score}, see score.sql; {platform_score}, see platform_score.sql; {person_topics}, see person_topics.sql;
--   {doings}, see doings.sql; {persons_activity}; {credibility}; {account_states}; {variants}; {excluded} (account_key);
--   {persons} (account_key, person_id)
-- Parameters:
--   day DATE                   the score date
--   window_days INT            length of the window
--   credible_at DOUBLE         credibility from which an actor is called credible
--   lens_ref_reach DOUBLE      people moved that count as full
--   lens_ref_network DOUBLE    influential people that count as full
--   lens_ref_followers DOUBLE  followers that count as full
--   lens_ref_people DOUBLE     people talked to that count as full
--   lens_most_a_day DOUBLE     more own doings a day than that count less again
--   model_version STRING       version of the model file
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH now AS (SELECT * FROM {score} WHERE variant = 'now'),
evidence AS (
  SELECT person_id, CAST(sum(CAST(trusted_evidence AS DECIMAL(24, 12))) AS DOUBLE) AS trusted_evidence
  FROM {platform_score}
  WHERE variant = 'now'
  GROUP BY person_id
),
followers AS (
  SELECT coalesce(p.person_id, a.account_key) AS person_id, max(a.followers_count) AS followers
  FROM {account_states} AS a
  ANTI JOIN {excluded} AS e ON e.account_key = a.account_key
  LEFT JOIN {persons} AS p ON p.account_key = a.account_key
  GROUP BY coalesce(p.person_id, a.account_key)
),
sharers AS (
  SELECT a.target AS person_id, count(DISTINCT a.actor) AS sharers
  FROM {persons_activity} AS a
  INNER JOIN {variants} AS v ON v.variant = 'now' AND a.ds BETWEEN v.first_day AND v.acts_until
  LEFT JOIN {credibility} AS c
    ON c.evaluated_on = v.evaluated_on AND c.platform = a.platform AND c.person_id = a.actor
  WHERE a.kind = 'share' AND a.actor <> a.target AND coalesce(c.credibility, 1e0) >= :credible_at
  GROUP BY a.target
),
topics AS (SELECT person_id, max(topic_score) AS best FROM {person_topics} WHERE not_named IS NULL GROUP BY person_id),
known AS (
  SELECT
    s.person_id, s.score, s.true_reach, s.influential_people, t.best,
    e.trusted_evidence, f.followers, coalesce(x.sharers, 0) AS sharers,
    d.outreach_people, d.talk_given, d.originals + d.shares_given + d.talk_given AS doings
  FROM now AS s
  LEFT JOIN evidence AS e ON e.person_id = s.person_id
  LEFT JOIN followers AS f ON f.person_id = s.person_id
  LEFT JOIN sharers AS x ON x.person_id = s.person_id
  LEFT JOIN topics AS t ON t.person_id = s.person_id
  LEFT JOIN {doings} AS d ON d.person_id = s.person_id
),
-- least passes over NULL: what is not known must be asked for, or it would count as full.
measured AS (
  SELECT
    *,
    coalesce(best, CASE WHEN influential_people IS NOT NULL THEN
      100e0 * least(1e0, ln(1e0 + influential_people) / ln(1e0 + :lens_ref_network)) END) AS authority,
    CASE WHEN true_reach IS NOT NULL THEN 100e0 * least(1e0, ln(1e0 + true_reach) / ln(1e0 + :lens_ref_reach)) END AS audience,
    CASE WHEN doings > 0 THEN
      100e0 * least(1e0, ln(1e0 + doings / CAST(:window_days AS DOUBLE)) / ln(4e0))
      * least(1e0, :lens_most_a_day * :window_days / CAST(doings AS DOUBLE)) END AS activity,
    CASE WHEN followers IS NOT NULL THEN
      100e0 * least(1e0, ln(1e0 + followers) / ln(1e0 + :lens_ref_followers)) END AS popularity,
    CASE WHEN doings > 0 THEN
      100e0 * least(1e0, ln(1e0 + outreach_people) / ln(1e0 + :lens_ref_people))
      * (0.5e0 + 0.5e0 * talk_given / CAST(doings AS DOUBLE)) END AS engagement,
    CASE WHEN true_reach > 0e0 AND trusted_evidence IS NOT NULL THEN
      100e0 * least(1e0, trusted_evidence / true_reach) * least(1e0, ln(1e0 + sharers) / ln(1e0 + :lens_ref_reach)) END AS trust
  FROM known
),
axes AS (
  SELECT
    person_id, 'peerindex' AS lens, 'authority' AS axis, authority AS value,
    concat('{"topic_score": ', coalesce(CAST(CAST(best AS DECIMAL(18, 4)) AS STRING), 'null'),
      ', "influential_people": ', coalesce(CAST(CAST(influential_people AS DECIMAL(18, 4)) AS STRING), 'null'), '}') AS inputs
  FROM measured
  UNION ALL
  SELECT
    person_id, 'peerindex', 'audience', audience,
    concat('{"true_reach": ', coalesce(CAST(CAST(true_reach AS DECIMAL(18, 4)) AS STRING), 'null'), '}')
  FROM measured
  UNION ALL
  SELECT person_id, 'peerindex', 'activity', activity, concat('{"doings": ', coalesce(CAST(doings AS STRING), 'null'), '}')
  FROM measured
  UNION ALL
  SELECT
    person_id, 'peerindex', 'peerindex_like', (authority + audience + activity) / 3e0,
    '{"of": ["authority", "audience", "activity"]}'
  FROM measured
  UNION ALL
  SELECT
    person_id, 'tweetlevel', 'popularity', popularity,
    concat('{"followers": ', coalesce(CAST(followers AS STRING), 'null'), '}')
  FROM measured
  UNION ALL
  SELECT
    person_id, 'tweetlevel', 'engagement', engagement,
    concat('{"people": ', coalesce(CAST(outreach_people AS STRING), 'null'),
      ', "talk": ', coalesce(CAST(talk_given AS STRING), 'null'), ', "doings": ', coalesce(CAST(doings AS STRING), 'null'), '}')
  FROM measured
  UNION ALL
  SELECT
    person_id, 'tweetlevel', 'influence', score, concat('{"score": ', coalesce(CAST(CAST(score AS DECIMAL(18, 4)) AS STRING), 'null'), '}')
  FROM measured
  UNION ALL
  SELECT
    person_id, 'tweetlevel', 'trust', trust,
    concat('{"trusted_evidence": ', coalesce(CAST(CAST(trusted_evidence AS DECIMAL(18, 4)) AS STRING), 'null'),
      ', "sharers": ', CAST(sharers AS STRING), '}')
  FROM measured
)
SELECT :day AS ds, person_id, lens, axis, round(value, 4) AS value, inputs, :model_version AS model_version
FROM axes
