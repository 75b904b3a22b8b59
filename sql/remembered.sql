-- Remembered: of the people in the evidence those whom the ledger of consent holds back, and why.
-- Meaning: the ledger (jobs/clout/privacy/consent_ledger.py) knows salted hashes only, so every salt is tried on every key. A "no"
--   concerns all days of the window, whenever it was said: a day that is run again does not show whoever said it since.
-- Grain: one row per account_key, reason.
-- Inputs: {account_keys} (account_key); {ledger} (salt, hash, reason) of the noes that stand
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH salts AS (
  SELECT DISTINCT salt FROM {ledger}
),
salted AS (
  SELECT p.account_key, s.salt, sha2(concat(s.salt, p.account_key), 256) AS hash
  FROM {account_keys} AS p CROSS JOIN salts AS s
)
SELECT DISTINCT k.account_key, l.reason
FROM salted AS k
INNER JOIN {ledger} AS l ON l.salt = k.salt AND l.hash = k.hash
