-- Who moves whom
-- The people whom this person moves most surely, and those who move this person. People who did not agree to be named are counted, not listed.
SELECT direction, place, other_id, strength, interactions, last_day
FROM clout.influences
WHERE
  ds = $day AND person_id = $person
  AND NOT regexp_matches(other_id, '^[^:]*:someone-[0-9a-f]{32}$')
ORDER BY direction DESC, place
