-- Pile ons: on which of the last days many strangers talked at a person at once, and hardly anybody nodded.
-- Meaning: a day is flagged where all of these hold, none of which reads a word:
--   people     at least 20 distinct people acted on the person that day
--   usual      they are at least 5 times as many as on the median day of the 28 before it; a day without anybody is one of them
--   newcomers  at least 60 % of them had never acted on the person on an earlier day that is stored
--   talk       replies, quotes and mentions are at least twice as many as likes and shares
--   Where less than 14 days are stored before it, a day is not flagged: a beginning cannot be told from a burst. A flagged day is
--   told of for 30 days. It says what happened to somebody, never what somebody did.
-- Unit: people; interactions. Grain: one row per ds, person_id, happened_on.
-- Inputs: {persons_activity}, see persons_activity.sql
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH crowds AS (
  SELECT
    ds, target,
    count(DISTINCT actor) AS people,
    CAST(sum(CASE WHEN kind IN ('reply', 'quote', 'mention') THEN n ELSE 0 END) AS BIGINT) AS talk,
    CAST(sum(CASE WHEN kind IN ('like', 'share') THEN n ELSE 0 END) AS BIGINT) AS nods
  FROM {persons_activity}
  WHERE actor <> target AND date_diff(:day, ds) BETWEEN 0 AND 29
  GROUP BY ds, target
  HAVING count(DISTINCT actor) >= 20
),
loud AS (
  SELECT c.*
  FROM crowds AS c
  CROSS JOIN (SELECT min(ds) AS first_day FROM {persons_activity}) AS stored
  WHERE c.talk >= 2 * c.nods AND date_diff(c.ds, stored.first_day) >= 14
),
before_it AS (
  SELECT l.target, l.ds AS happened_on, act.ds, count(DISTINCT act.actor) AS people
  FROM loud AS l
  INNER JOIN {persons_activity} AS act ON act.target = l.target AND act.actor <> act.target
  WHERE date_diff(l.ds, act.ds) BETWEEN 1 AND 28
  GROUP BY l.target, l.ds, act.ds
),
-- Of 28 days, most without a row, the median is the mean of the 14th and the 15th largest.
usual AS (
  SELECT target, happened_on, sum(CASE WHEN place IN (14, 15) THEN people ELSE 0 END) / 2e0 AS usual_people
  FROM (
    SELECT *, row_number() OVER (PARTITION BY target, happened_on ORDER BY people DESC, ds) AS place FROM before_it
  ) AS placed
  GROUP BY target, happened_on
),
first_acts AS (
  SELECT act.target, act.actor, min(act.ds) AS first_day
  FROM {persons_activity} AS act
  LEFT SEMI JOIN loud AS l ON l.target = act.target
  WHERE act.actor <> act.target
  GROUP BY act.target, act.actor
),
strangers AS (
  SELECT l.target, l.ds, count(*) AS newcomers
  FROM loud AS l
  INNER JOIN first_acts AS f ON f.target = l.target AND f.first_day = l.ds
  GROUP BY l.target, l.ds
)
SELECT
  :day AS ds,
  l.target AS person_id,
  l.ds AS happened_on,
  l.people,
  s.newcomers,
  coalesce(u.usual_people, 0e0) AS usual_people,
  l.talk,
  l.nods
FROM loud AS l
INNER JOIN strangers AS s ON s.target = l.target AND s.ds = l.ds
LEFT JOIN usual AS u ON u.target = l.target AND u.happened_on = l.ds
WHERE l.people >= 5 * coalesce(u.usual_people, 0e0) AND s.newcomers >= 0.6e0 * l.people
