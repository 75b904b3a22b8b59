-- Volume and drift
-- The night's own numbers beside what earlier nights lead to expect. More than 3 steps away is a warning.
-- days: Earlier nights that it is compared with.
SELECT dataset, platform, metric, unit, value, points AS days, expected, deviation
FROM meta.metrics
WHERE ds = $day AND unit <> 'print' AND unit <> 'bin'
ORDER BY abs(deviation) DESC NULLS LAST, dataset, platform, metric
