-- Evidence of topics
-- The posts by which a person is named for a topic, by their keys: no text is kept.
SELECT e.topic_id, e.post_key, e.posted_on, e.evidence, e.people
FROM clout.topic_evidence AS e
INNER JOIN clout.topics AS t ON t.ds = e.ds AND t.topic_id = e.topic_id AND NOT t.is_sensitive
WHERE e.ds = $day AND e.person_id = $person
ORDER BY e.topic_id, e.people DESC, e.post_key
