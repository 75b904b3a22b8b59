-- Who moves whom
-- The people whom this person moves most surely, and those who move this person. People who did not agree to be named are counted, not listed.
-- name: What the other person is called.
-- place: Place in that direction, 1 is the surest.
SELECT i.direction, i.place, i.other_id, n.name, i.strength, i.interactions, i.last_day
FROM clout.influences AS i
LEFT JOIN (
  SELECT person_id, coalesce(min(display_name), min(handle)) AS name
  FROM clout.accounts
  WHERE ds = $day
  GROUP BY person_id
) AS n ON n.person_id = i.other_id
WHERE
  i.ds = $day AND i.person_id = $person
  AND (NOT contains(i.other_id, ':someone-') OR NOT regexp_matches(i.other_id, '^[^:]*:someone-[0-9a-f]{32}$'))
ORDER BY i.direction DESC, i.place
