-- Excluded: accounts of people who are not scored and whose actions move nobody's score.
-- Meaning: opted out, protected, suspended or deleted, or a declared minor. Age is never inferred.
-- Grain: one row per ds, account_key. Reason: the first that holds.
-- Inputs: {accounts} with ds; {operator_list} (account_key, reason), which holds for every day; {days} (ds)
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH flagged AS (
  SELECT
    ds, account_key,
    CASE
      WHEN coalesce(is_minor, false) THEN 'minor'
      WHEN coalesce(opt_out, false) THEN 'opt_out'
      WHEN coalesce(is_protected, false) THEN 'protected'
      WHEN status IN ('suspended', 'deleted') THEN status
    END AS reason
  FROM {accounts}
),
listed AS (
  SELECT days.ds, o.account_key, o.reason
  FROM {operator_list} AS o CROSS JOIN {days} AS days
)
SELECT ds, account_key, min(reason) AS reason
FROM (SELECT * FROM flagged WHERE reason IS NOT NULL UNION ALL SELECT * FROM listed)
GROUP BY ds, account_key
