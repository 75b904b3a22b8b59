-- Sentiment: how a crowd's replies to a person sound. What a crowd says, never what one person does; no factor of any score.
-- Meaning: approval = the mean over people of the mean valence of their replies to the person, from -1 to 1, so that nobody counts
--   twice; low, high: 90 % of means of as many people (normal). negative_people_share: people whose mean is below -0.05.
--   Of a reply that was seen on several days the last word counts. Told where at least 20 people replied; approval only where at
--   least 20 of them, and half of the replies, could be judged (valence.py: English), else reason says why:
--     language           fewer than half of the replies are in a language that is judged
--     too few judged     enough replies are, but of fewer than 20 people
--     nobody judges      no reply of the window was judged at all
-- Unit: replies; people; valence, -1 to 1. Grain: one row per ds, person_id.
-- Source: Hutto and Gilbert, VADER, ICWSM 2014; -0.05 is its own bound.
-- Inputs: {reactions} of the window (ds, platform, post_key, actor, target, lang, valence); {persons} (account_key, person_id);
--   {excluded} (account_key); {scores} (person_id)
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH last_word AS (
  SELECT actor, target, lang, valence
  FROM (
    SELECT *, row_number() OVER (PARTITION BY platform, post_key ORDER BY ds DESC) AS nth FROM {reactions} WHERE ds <= :day
  ) AS seen
  WHERE nth = 1
),
replies AS (
  SELECT coalesce(a.person_id, w.actor) AS actor, coalesce(t.person_id, w.target) AS target, w.lang, w.valence
  FROM last_word AS w
  LEFT ANTI JOIN {excluded} AS e ON e.account_key IN (w.actor, w.target)
  LEFT JOIN {persons} AS a ON a.account_key = w.actor
  LEFT JOIN {persons} AS t ON t.account_key = w.target
),
of_people AS (
  SELECT
    target, actor, count(*) AS replies, count(valence) AS judged,
    CAST(sum(CAST(valence AS DECIMAL(18, 9))) AS DOUBLE) / nullif(CAST(count(valence) AS DOUBLE), 0e0) AS mean
  FROM replies
  WHERE actor <> target
  GROUP BY target, actor
),
crowds AS (
  SELECT
    target, count(*) AS people, CAST(sum(replies) AS BIGINT) AS reactions, CAST(sum(judged) AS BIGINT) AS judged,
    count(mean) AS judged_people,
    CAST(sum(CAST(mean AS DECIMAL(18, 9))) AS DOUBLE) / nullif(CAST(count(mean) AS DOUBLE), 0e0) AS approval,
    CAST(sum(CAST(mean * mean AS DECIMAL(18, 9))) AS DOUBLE) / nullif(CAST(count(mean) AS DOUBLE), 0e0) AS squared,
    CAST(sum(CASE WHEN mean < -0.05e0 THEN 1 ELSE 0 END) AS DOUBLE) / nullif(CAST(count(mean) AS DOUBLE), 0e0) AS negative
  FROM of_people
  GROUP BY target
  HAVING count(*) >= 20
),
spoken AS (
  SELECT target, array_join(array_sort(array_agg(lang)), ' ') AS languages
  FROM (SELECT DISTINCT target, coalesce(lang, 'unknown') AS lang FROM replies WHERE actor <> target) AS each_one
  GROUP BY target
),
anybody AS (
  SELECT count(valence) AS judged FROM {reactions} WHERE ds <= :day
),
known AS (
  SELECT
    c.*, s.languages,
    CASE
      WHEN a.judged = 0 THEN 'nobody judges'
      WHEN 2 * c.judged < c.reactions THEN 'language'
      WHEN c.judged_people < 20 THEN 'too few judged'
    END AS reason,
    1.645e0 * sqrt(greatest(0e0, c.squared - c.approval * c.approval) / nullif(c.judged_people - 1e0, 0e0)) AS width
  FROM crowds AS c
  INNER JOIN spoken AS s ON s.target = c.target
  CROSS JOIN anybody AS a
)
SELECT
  :day AS ds,
  k.target AS person_id,
  k.reactions,
  k.judged,
  round(k.judged / CAST(k.reactions AS DOUBLE), 6) AS judged_share,
  k.people,
  CASE WHEN k.reason IS NULL THEN round(k.approval, 6) END AS approval,
  CASE WHEN k.reason IS NULL THEN round(greatest(-1e0, k.approval - k.width), 6) END AS approval_low,
  CASE WHEN k.reason IS NULL THEN round(least(1e0, k.approval + k.width), 6) END AS approval_high,
  CASE WHEN k.reason IS NULL THEN round(k.negative, 6) END AS negative_people_share,
  k.languages,
  k.reason
FROM known AS k
LEFT SEMI JOIN {scores} AS p ON p.person_id = k.target
