-- Consent counts: how many accounts may not be shown, by what is known of them: numbers that do not fall by themselves.
-- Meaning: opted_out, minors and protected are accounts whose newest word in the window says so, listed those of the operator's
--   list. Who is deleted stays counted, as long as the window knows the account.
-- Unit: people, one for each account. Grain: one row per dataset (consent), platform, metric.
-- Inputs: {account_states}, see account_states.sql; {listed} (platform, accounts) of the operator's list
-- Parameters: none
-- Run: .venv/bin/python jobs/audit.py --day 2026-03-14 --run by-hand
WITH counted AS (
  SELECT
    platform,
    count(CASE WHEN opt_out THEN 1 END) AS opted_out,
    count(CASE WHEN is_minor THEN 1 END) AS minors,
    count(CASE WHEN is_protected THEN 1 END) AS protected
  FROM {account_states}
  GROUP BY platform
)
SELECT 'consent' AS dataset, platform, 'opted_out' AS metric, 'people' AS unit, CAST(opted_out AS DOUBLE) AS value FROM counted
UNION ALL
SELECT 'consent', platform, 'minors', 'people', CAST(minors AS DOUBLE) FROM counted
UNION ALL
SELECT 'consent', platform, 'protected', 'people', CAST(protected AS DOUBLE) FROM counted
UNION ALL
SELECT 'consent', platform, 'listed', 'people', CAST(accounts AS DOUBLE) FROM {listed}
