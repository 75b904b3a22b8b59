-- Audit
-- Checks of the night by table: how many passed, and the worst that did not.
-- checks: Checks of this table.
-- passed: Those that passed.
-- worst: How grave the worst check is that did not pass.
SELECT
  suite,
  count(*) AS checks,
  count(*) FILTER (WHERE verdict = 'passed') AS passed,
  CASE max(CASE WHEN verdict = 'passed' THEN 0 WHEN severity = 'info' THEN 1 WHEN severity = 'warning' THEN 2 ELSE 3 END)
    WHEN 0 THEN 'none failed' WHEN 1 THEN 'info' WHEN 2 THEN 'warning' ELSE 'critical'
  END AS worst
FROM meta.data_quality
WHERE ds = $day
GROUP BY suite
ORDER BY suite
