-- Topics
-- How many people move others with posts about a topic, by evidence enough to name them. Sensitive topics are recognised only to be left out.
-- people: People who are named for the topic.
-- most_moved: How many people the first of them moves.
SELECT t.slug, t.name, count(*) AS people, max(p.topic_reach) AS most_moved
FROM clout.person_topics AS p
INNER JOIN clout.topics AS t ON t.ds = p.ds AND t.topic_id = p.topic_id
WHERE
  p.ds = $day AND p.not_named IS NULL AND NOT t.is_sensitive
  AND NOT regexp_matches(p.person_id, '^[^:]*:someone-[0-9a-f]{32}$')
GROUP BY t.slug, t.name
ORDER BY people DESC, t.name, t.slug
LIMIT $most OFFSET $skip
