-- Scored accounts: the accounts of everybody who has a row in scores, and nobody else.
-- Meaning: of linked accounts all that may be shown; else the person is one account, and person_id is its key.
--   An account whose owner did not agree to be named is left out where the person has another one; where not, person_id is a
--   pseudonym, which stands for the key too, and nothing is told by which the account could be found.
-- Grain: one row per ds, account_key.
-- Inputs: {scores}, see scores.sql; {account_states}, see account_states.sql; {persons} (account_key, person_id) of linked
--   accounts, and of accounts under a pseudonym; {unnamed} (account_key) of accounts that may not be named; {excluded}
--   (account_key)
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH owned AS (
  SELECT s.ds, coalesce(p.account_key, s.person_id) AS account_key, s.person_id
  FROM {scores} AS s
  LEFT JOIN {persons} AS p ON p.person_id = s.person_id
),
known AS (
  SELECT
    o.ds, o.account_key, o.person_id, a.handle, a.display_name, a.account_type, a.created_at, a.followers_count,
    u.account_key IS NULL AS is_named,
    bool_or(u.account_key IS NULL) OVER (PARTITION BY o.person_id) AS is_named_elsewhere
  FROM owned AS o
  ANTI JOIN {excluded} AS e ON e.account_key = o.account_key
  LEFT JOIN {account_states} AS a ON a.account_key = o.account_key
  LEFT JOIN {unnamed} AS u ON u.account_key = o.account_key
)
SELECT DISTINCT
  ds,
  CASE WHEN is_named THEN account_key ELSE person_id END AS account_key,
  person_id,
  split_part(account_key, ':', 1) AS platform,
  CASE WHEN is_named THEN handle END AS handle,
  CASE WHEN is_named THEN display_name END AS display_name,
  CASE WHEN is_named THEN coalesce(account_type, 'unknown') ELSE 'unknown' END AS account_type,
  CASE WHEN is_named THEN CAST(created_at AS DATE) END AS created_on,
  CASE WHEN is_named THEN followers_count END AS followers_count
FROM known
WHERE is_named OR NOT is_named_elsewhere
