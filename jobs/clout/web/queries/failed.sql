-- Failed checks
-- The checks that did not pass, why they are there, and what was found.
SELECT suite, check_id, severity, scope, observed, expected, why
FROM meta.data_quality
WHERE ds = $day AND verdict <> 'passed'
ORDER BY severity, suite, check_id
