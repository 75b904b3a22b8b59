-- People of a topic
-- Whose posts about the topic move the most people, and by how much evidence. It says neither that they know of it nor that they like it.
-- name: What the person is called.
SELECT
  p.place, p.person_id, coalesce(min(a.display_name), min(a.handle)) AS name, p.topic_score, p.topic_reach, p.share, p.posts,
  p.weeks, p.people, p.back
FROM clout.person_topics AS p
INNER JOIN clout.topics AS t ON t.ds = p.ds AND t.topic_id = p.topic_id AND NOT t.is_sensitive
LEFT JOIN clout.accounts AS a ON a.ds = p.ds AND a.person_id = p.person_id
WHERE
  p.ds = $day AND p.slug = $topic AND p.not_named IS NULL
  AND NOT regexp_matches(p.person_id, '^[^:]*:someone-[0-9a-f]{32}$')
GROUP BY
  p.place, p.person_id, p.topic_score, p.topic_reach, p.share, p.posts, p.weeks, p.people, p.back
ORDER BY p.place, p.person_id
LIMIT $most OFFSET $skip
