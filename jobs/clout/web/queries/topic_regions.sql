-- Where people of a topic live
-- In which countries those who are named for the topic say that they live, of those who agreed to have it shown.
-- region: The country as people say it on their profiles.
-- people: People who are named for the topic and say that they live there.
SELECT r.country AS region, count(DISTINCT r.person_id) AS people
FROM clout.person_topics AS p
INNER JOIN clout.topics AS t ON t.ds = p.ds AND t.topic_id = p.topic_id AND NOT t.is_sensitive
INNER JOIN clout.scores AS s ON s.ds = p.ds AND s.person_id = p.person_id AND s.score IS NOT NULL
INNER JOIN clout.person_regions AS r ON r.ds = p.ds AND r.person_id = p.person_id
WHERE
  p.ds = $day AND p.slug = $topic AND p.not_named IS NULL
  AND NOT regexp_matches(p.person_id, '^[^:]*:someone-[0-9a-f]{32}$')
GROUP BY r.country
ORDER BY people DESC, region
