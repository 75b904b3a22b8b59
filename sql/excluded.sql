-- Excluded: accounts of people who are not scored and whose actions move nobody's score.
-- Meaning: opted out, protected, suspended, deleted or unavailable, or a declared minor. Age is never inferred. A minor, an opt-out and the
--   operator's list concern the person, hence all accounts of the person; the others concern the account alone.
--   reason: the operator's where there is one, else the first that holds of minor, opt_out, protected, suspended, deleted,
--   unavailable.
-- Grain: one row per ds, account_key.
-- Inputs: {account_flags} with ds; {operator_list} (account_key, reason), which holds for every day; {days} (ds);
--   {persons} (account_key, person_id) of linked accounts
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH flagged AS (
  SELECT
    ds, account_key,
    CASE
      WHEN coalesce(is_minor, false) THEN 'minor'
      WHEN coalesce(opt_out, false) THEN 'opt_out'
      WHEN coalesce(is_protected, false) THEN 'protected'
      WHEN status IN ('suspended', 'deleted', 'unavailable') THEN status
    END AS reason
  FROM {account_flags}
),
listed AS (
  SELECT days.ds, o.account_key, o.reason
  FROM {operator_list} AS o CROSS JOIN {days} AS days
),
placed AS (
  SELECT
    ds, account_key,
    -- The worst reason comes first in the alphabet; 0 are the operator's own words.
    concat(CASE reason WHEN 'minor' THEN '1' WHEN 'opt_out' THEN '2' WHEN 'protected' THEN '3' WHEN 'suspended' THEN '4'
      WHEN 'deleted' THEN '5' WHEN 'unavailable' THEN '6' ELSE '0' END, reason) AS worst
  FROM (SELECT * FROM flagged WHERE reason IS NOT NULL UNION ALL SELECT * FROM listed)
),
of_person AS (
  SELECT placed.ds, own.person_id, min(placed.worst) AS worst
  FROM placed
  INNER JOIN {persons} AS own ON own.account_key = placed.account_key
  WHERE placed.worst < '3'
  GROUP BY placed.ds, own.person_id
)
SELECT ds, account_key, substr(min(worst), 2) AS reason
FROM (
  SELECT ds, account_key, worst FROM placed
  UNION ALL
  SELECT o.ds, each.account_key, o.worst
  FROM of_person AS o
  INNER JOIN {persons} AS each ON each.person_id = o.person_id
)
GROUP BY ds, account_key
