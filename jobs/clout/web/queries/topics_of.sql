-- Topics of a person
-- On what people react to this person, surely enough to say so: several posts, weeks and people, some of whom came back.
SELECT
  t.topic_id, t.slug, t.name, t.topic_type, p.place, p.of, p.topic_score, p.topic_reach, p.share, p.posts, p.weeks, p.people, p.back
FROM clout.person_topics AS p
INNER JOIN clout.topics AS t ON t.ds = p.ds AND t.topic_id = p.topic_id AND NOT t.is_sensitive
WHERE p.ds = $day AND p.person_id = $person AND p.not_named IS NULL
ORDER BY p.topic_score DESC, t.slug
