-- Excluded: accounts of people who are not scored and whose actions move nobody's score.
-- Meaning: opted out, protected, suspended or deleted, or a declared minor. Age is never inferred.
--   reason: the operator's where there is one, else the first that holds of minor, opt_out, protected, suspended, deleted.
-- Grain: one row per ds, account_key.
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
SELECT
  ds, account_key,
  -- The operator's reasons are not in the list: their position is 0.
  min(struct(
    array_position(array('minor', 'opt_out', 'protected', 'suspended', 'deleted'), reason) AS place, reason
  )).reason AS reason
FROM (SELECT * FROM flagged WHERE reason IS NOT NULL UNION ALL SELECT * FROM listed)
GROUP BY ds, account_key
