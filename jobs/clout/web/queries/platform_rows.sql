-- Features
-- The person's features on each platform, and what each is worth.
SELECT * FROM clout.platform_scores WHERE ds = $day AND person_id = $person ORDER BY platform
