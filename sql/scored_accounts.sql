-- Scored accounts: the accounts of everybody who has a row in scores, and nobody else.
-- Meaning: of linked accounts all that may be shown; else the person is one account, and person_id is its key.
-- Grain: one row per ds, account_key.
-- Inputs: {scores}, see scores.sql; {account_states}, see account_states.sql; {persons} (account_key, person_id) of linked
--   accounts; {excluded} (account_key)
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH owned AS (
  SELECT s.ds, coalesce(p.account_key, s.person_id) AS account_key, s.person_id
  FROM {scores} AS s
  LEFT JOIN {persons} AS p ON p.person_id = s.person_id
)
SELECT
  o.ds,
  o.account_key,
  o.person_id,
  split_part(o.account_key, ':', 1) AS platform,
  a.handle,
  a.display_name,
  coalesce(a.account_type, 'unknown') AS account_type,
  CAST(a.created_at AS DATE) AS created_on,
  a.followers_count
FROM owned AS o
ANTI JOIN {excluded} AS e ON e.account_key = o.account_key
LEFT JOIN {account_states} AS a ON a.account_key = o.account_key
