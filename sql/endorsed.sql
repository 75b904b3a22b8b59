-- Endorsed: what others said for a person on a topic, as far as it counts.
-- Meaning: an endorsement counts if its giver is credible and trusted and acted, in the window, on the receiver's posts about that
--   topic; is somebody else; has given no more than endorse_a_day that day, in order of receiver and topic; and has not given it
--   in this window before. One by somebody whom the receiver endorses, too, counts half. Of a receiver and topic at most
--   endorse_most count, and no more than half of the people who acted there. All others are refused, and counted as such.
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
  SELECT variant AS topic_id, target AS receiver, actor AS giver
  FROM {topic_weights}
  WHERE credibility >= :credible_at
  GROUP BY variant, target, actor
  HAVING bool_or(coalesce(trusted, false))
),
credible AS (
  SELECT variant AS topic_id, target AS receiver, count(DISTINCT actor) AS people
  FROM {topic_weights}
  WHERE credibility >= :credible_at
  GROUP BY variant, target
),
mutual AS (SELECT DISTINCT giver AS receiver, receiver AS giver FROM given),
judged AS (
  SELECT
    n.receiver, n.topic_id,
    CASE
      WHEN k.giver IS NULL OR n.giver = n.receiver OR n.of_the_day > :endorse_a_day OR n.again > 1 THEN 0e0
      WHEN m.giver IS NOT NULL THEN 0.5e0
      ELSE 1e0
    END AS worth
  FROM numbered AS n
  LEFT JOIN known AS k ON k.topic_id = n.topic_id AND k.receiver = n.receiver AND k.giver = n.giver
  LEFT JOIN mutual AS m ON m.giver = n.giver AND m.receiver = n.receiver
),
summed AS (
  SELECT
    j.receiver, j.topic_id, count(*) AS given,
    CAST(floor(least(CAST(:endorse_most AS DOUBLE), floor(coalesce(max(c.people), 0) / 2e0), sum(j.worth))) AS BIGINT) AS counted
  FROM judged AS j
  LEFT JOIN credible AS c ON c.topic_id = j.topic_id AND c.receiver = j.receiver
  GROUP BY j.receiver, j.topic_id
)
SELECT receiver AS person_id, topic_id, counted AS endorsements, given - counted AS endorsements_refused
FROM summed
