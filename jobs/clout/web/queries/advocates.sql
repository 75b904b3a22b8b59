-- Who speaks of a brand
-- People who agreed to be named and speak of the brand week after week, by name and not by rank. It says that they speak of it, not that they like it.
-- name: What the person is called.
SELECT
  a.person_id, coalesce(min(n.display_name), min(n.handle), a.person_id) AS name, a.weeks, a.days, a.posts, a.mentions, a.people,
  a.back, a.reach, a.share, a.paid, a.last_spoken_on
FROM clout.advocates AS a
INNER JOIN clout.scores AS s ON s.ds = a.ds AND s.person_id = a.person_id AND s.score IS NOT NULL
LEFT JOIN clout.accounts AS n ON n.ds = a.ds AND n.person_id = a.person_id
WHERE a.ds = $day AND a.brand = $brand AND NOT regexp_matches(a.person_id, '^[^:]*:someone-[0-9a-f]{32}$')
GROUP BY
  a.person_id, a.weeks, a.days, a.posts, a.mentions, a.people, a.back, a.reach, a.share, a.paid, a.last_spoken_on
ORDER BY lower(coalesce(min(n.display_name), min(n.handle), a.person_id)), a.person_id
LIMIT $most OFFSET $skip
