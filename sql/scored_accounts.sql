-- Scored accounts: the accounts of everybody who has a row in scores, and nobody else.
-- Meaning: without declared links a person is one account, and person_id is the account key.
-- Grain: one row per ds, account_key.
-- Inputs: {scores}, see score.sql; {account_states}, see account_states.sql
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT
  s.ds,
  s.person_id AS account_key,
  s.person_id,
  split_part(s.person_id, ':', 1) AS platform,
  a.handle,
  a.display_name,
  coalesce(a.account_type, 'unknown') AS account_type,
  CAST(a.created_at AS DATE) AS created_on,
  a.followers_count
FROM {scores} AS s
LEFT JOIN {account_states} AS a ON a.account_key = s.person_id
