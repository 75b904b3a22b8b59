-- Who is not listed
-- How many of the people who move this person, or whom this person moves, did not agree to be named.
-- people: People who did not agree to be named.
SELECT direction, count(*) AS people
FROM clout.influences
WHERE
  ds = $day AND person_id = $person
  AND contains(other_id, ':someone-') AND regexp_matches(other_id, '^[^:]*:someone-[0-9a-f]{32}$')
GROUP BY direction
ORDER BY direction
