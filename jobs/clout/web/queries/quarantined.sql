-- Set aside
-- Rows that broke a rule, by the rule. They are kept with file and row in lake/quarantine.
SELECT platform, snapshot, reason, rows
FROM meta.quarantined
WHERE ds = $day
ORDER BY rows DESC, platform, snapshot, reason
