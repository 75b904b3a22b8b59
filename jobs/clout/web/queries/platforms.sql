-- Platforms
-- How many people have evidence on each platform.
-- people: People with a score there.
SELECT platform, count(DISTINCT person_id) AS people
FROM clout.platform_scores
WHERE ds = $day
GROUP BY platform
ORDER BY platform
