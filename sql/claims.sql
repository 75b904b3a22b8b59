-- Claims: which accounts declare one another to be the same person's, as of the score date.
-- Meaning: what an account declared when it was last seen to declare anything, unless a later full view shows that it
--   declares nothing any more. A declared address is the account's of which it is the address; an address that two accounts
--   show is nobody's. both_ways: each declares the other, or the platform checked that the page links back (rel_me).
-- Grain: one row per account_a, account_b, the smaller key first.
-- Inputs: {account_links}, snapshots of the window with snapshot_date; {account_states}, see account_states.sql
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH declared AS (
  SELECT
    account_a, basis, snapshot_date,
    -- The addresses of people who may not be shown are kept as hashes only.
    CASE WHEN account_b LIKE 'sha256:%' THEN account_b ELSE concat('sha256:', sha2(account_b, 256)) END AS address,
    max(snapshot_date) OVER (PARTITION BY account_a) AS seen_on
  FROM {account_links}
  WHERE :day BETWEEN coalesce(valid_from, :day) AND coalesce(valid_to, :day)
),
standing AS (
  SELECT d.account_a, d.basis, d.address
  FROM declared AS d
  LEFT ANTI JOIN {account_states} AS s ON s.account_key = d.account_a AND s.complete_on > d.seen_on
  WHERE d.snapshot_date = d.seen_on
),
shown AS (
  SELECT account_key, concat('sha256:', sha2(url, 256)) AS address FROM {account_states} WHERE url IS NOT NULL
  UNION
  SELECT account_key, concat('sha256:', sha2(account_key, 256)) FROM {account_states}
  UNION
  SELECT account_a, concat('sha256:', sha2(account_a, 256)) FROM standing
  UNION
  SELECT account_a, address FROM standing WHERE basis = 'address'
),
addresses AS (
  SELECT address, max(account_key) AS account_key
  FROM shown
  GROUP BY address
  HAVING min(account_key) = max(account_key)
),
directed AS (
  SELECT c.account_a, a.account_key AS account_b, c.basis = 'rel_me' AS is_checked
  FROM standing AS c
  INNER JOIN addresses AS a ON a.address = c.address
  WHERE c.basis <> 'address' AND a.account_key <> c.account_a
)
SELECT
  least(account_a, account_b) AS account_a,
  greatest(account_a, account_b) AS account_b,
  bool_or(is_checked) OR min(account_a) <> max(account_a) AS both_ways
FROM directed
GROUP BY least(account_a, account_b), greatest(account_a, account_b)
