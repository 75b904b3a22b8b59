-- Endorsed: what others said for a person on a topic, as far as it counts.
-- Meaning: an endorsement counts if its giver is credible and trusted and acted, in the window, on the receiver's posts about that
--   topic; is somebody else; has given no more than endorse_a_day that day, in order of receiver and topic; and has not given it
--   in this window before. One by somebody whom the receiver endorses, too, counts half. Of a receiver and topic at most
--   endorse_most count, and no more than half of the people who acted there. All others are refused, and counted as such, each
--   with the first reason that holds.
-- Unit: endorsements. Grain: one row per person_id, topic_id.
-- Source: Klout's +K: five a day, and no effect on the score.
-- Inputs: {endorsements} (actor, target, topic_id, given_on): who said so of whom; {topic_weights}; {variants}; {excluded} (account_key);
--   {persons} (account_key, person_id)
-- Parameters:
--   credible_at DOUBLE  credibility from which an actor is called credible
--   endorse_a_day INT   how many one may give in a day
--   endorse_most INT    how many count at most
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH given AS (
  SELECT
    coalesce(pg.person_id, e.actor) AS giver, coalesce(pr.person_id, e.target) AS receiver, e.topic_id, e.given_on
  FROM {endorsements} AS e
  INNER JOIN {variants} AS v ON v.variant = 'now' AND e.given_on BETWEEN v.first_day AND v.acts_until
  ANTI JOIN {excluded} AS xg ON xg.account_key = e.actor
  ANTI JOIN {excluded} AS xr ON xr.account_key = e.target
  LEFT JOIN {persons} AS pg ON pg.account_key = e.actor
  LEFT JOIN {persons} AS pr ON pr.account_key = e.target
),
numbered AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY giver, given_on ORDER BY receiver, topic_id) AS of_the_day,
    row_number() OVER (PARTITION BY giver, receiver, topic_id ORDER BY given_on) AS again
  FROM given
),
known AS (
  SELECT
    variant AS topic_id, target AS receiver, actor AS giver,
    bool_or(credibility >= :credible_at AND coalesce(trusted, false)) AS is_trusted
  FROM {topic_weights}
  GROUP BY variant, target, actor
),
credible AS (
  SELECT variant AS topic_id, target AS receiver, count(DISTINCT actor) AS people
  FROM {topic_weights}
  WHERE credibility >= :credible_at
  GROUP BY variant, target
),
mutual AS (SELECT DISTINCT giver AS receiver, receiver AS giver FROM given),
refused AS (
  SELECT
    n.receiver, n.topic_id, m.giver IS NOT NULL AS is_mutual,
    CASE
      WHEN n.giver = n.receiver THEN 'of oneself'
      WHEN k.giver IS NULL THEN 'by people who did nothing about it'
      WHEN NOT k.is_trusted THEN 'by people whom nobody trusts'
      WHEN n.again > 1 THEN 'given before'
      WHEN n.of_the_day > :endorse_a_day THEN 'beyond what one gives in a day'
    END AS why
  FROM numbered AS n
  LEFT JOIN known AS k ON k.topic_id = n.topic_id AND k.receiver = n.receiver AND k.giver = n.giver
  LEFT JOIN mutual AS m ON m.giver = n.giver AND m.receiver = n.receiver
),
judged AS (
  SELECT *, CASE WHEN why IS NOT NULL THEN 0e0 WHEN is_mutual THEN 0.5e0 ELSE 1e0 END AS weight FROM refused
),
summed AS (
  SELECT
    j.receiver, j.topic_id, count(*) AS given, count_if(j.why IS NULL) AS good,
    count_if(j.why = 'of oneself') AS own, count_if(j.why = 'by people who did nothing about it') AS strangers,
    count_if(j.why = 'by people whom nobody trusts') AS untrusted, count_if(j.why = 'given before') AS again,
    count_if(j.why = 'beyond what one gives in a day') AS too_many,
    CAST(floor(least(CAST(:endorse_most AS DOUBLE), floor(coalesce(max(c.people), 0) / 2e0), sum(j.weight))) AS BIGINT) AS counted
  FROM judged AS j
  LEFT JOIN credible AS c ON c.topic_id = j.topic_id AND c.receiver = j.receiver
  GROUP BY j.receiver, j.topic_id
)
SELECT
  receiver AS person_id, topic_id, counted AS endorsements, given - counted AS endorsements_refused,
  nullif(concat_ws('; ',
    CASE WHEN own > 0 THEN concat(CAST(own AS STRING), ' of oneself') END,
    CASE WHEN strangers > 0 THEN concat(CAST(strangers AS STRING), ' by people who did nothing about it') END,
    CASE WHEN untrusted > 0 THEN concat(CAST(untrusted AS STRING), ' by people whom nobody trusts') END,
    CASE WHEN again > 0 THEN concat(CAST(again AS STRING), ' given before') END,
    CASE WHEN too_many > 0 THEN concat(CAST(too_many AS STRING), ' beyond what one gives in a day') END,
    CASE WHEN good > counted THEN concat(CAST(good - counted AS STRING), ' beyond what counts') END), '') AS endorsements_refused_why
FROM summed
