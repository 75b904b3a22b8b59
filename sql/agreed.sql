-- Agreed: what people agreed to, as the lists of consents say on a day.
-- Meaning: closed by default: a purpose is there where some account of the person was given for it by then, and no withdrawal of
--   any account of the person is as new. A row of the list that nobody can read, and that may be a withdrawal, takes away what it
--   names: one purpose, or all (*), of a person, or of everybody (*).
-- Grain: one row per person_id, purpose.
-- Inputs: {consents} (account_key, purpose, given_on, withdrawn_on, is_unreadable), the lists that hold on the day;
--   {persons} (account_key, person_id)
-- Parameters:
--   day DATE  the day
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH said AS (
  SELECT coalesce(p.person_id, c.account_key) AS person_id, c.purpose, c.given_on, c.withdrawn_on, c.is_unreadable
  FROM {consents} AS c
  LEFT JOIN {persons} AS p ON p.account_key = c.account_key
),
given AS (
  SELECT
    person_id, purpose,
    max(CASE WHEN given_on <= :day THEN given_on END) AS given_on,
    max(CASE WHEN withdrawn_on <= :day THEN withdrawn_on END) AS withdrawn_on
  FROM said
  WHERE NOT is_unreadable
  GROUP BY person_id, purpose
)
SELECT g.person_id, g.purpose, g.given_on
FROM given AS g
LEFT ANTI JOIN (SELECT person_id, purpose FROM said WHERE is_unreadable) AS u
  ON u.person_id IN (g.person_id, '*') AND u.purpose IN (g.purpose, '*')
WHERE g.given_on IS NOT NULL AND (g.withdrawn_on IS NULL OR g.given_on > g.withdrawn_on)
