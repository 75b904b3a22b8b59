-- Who moves whom
-- The people whom the person moves most surely, and those who move the person. Who did not agree to be named is counted and not listed.
SELECT direction, place, other_id, name, strength, interactions, last_day
FROM clout.influences AS i
LEFT JOIN (
  SELECT person_id AS other_id, coalesce(min(display_name), min(handle)) AS name
  FROM clout.accounts
  WHERE
    ds = $day
    AND person_id IN (SELECT other_id FROM clout.influences WHERE ds = $day AND person_id = $person)
  GROUP BY person_id
) AS a USING (other_id)
WHERE
  i.ds = $day AND i.person_id = $person
  AND NOT regexp_matches(other_id, '^[^:]*:someone-[0-9a-f]{32}$')
ORDER BY direction DESC, place
