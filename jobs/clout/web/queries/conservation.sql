-- Where every row went
-- What came in from each platform that day, and what became of each row: nothing is lost unsaid.
SELECT platform, rows_in, kept, self_interaction, duplicate, outside_day, excluded, unidentified, untimed, removed, quarantined
FROM meta.conservation
WHERE ds = $day
ORDER BY platform
