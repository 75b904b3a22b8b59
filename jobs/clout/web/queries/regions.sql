-- Regions
-- How many scored people say that they live in a place and agreed to have it shown; a country holds its states, a state its cities.
-- region: Country, state and city as people say it on their profiles.
-- people: People with a score who live there.
WITH said AS (
  SELECT r.country, r.admin1, r.city, r.person_id
  FROM clout.person_regions AS r
  INNER JOIN clout.scores AS s ON s.ds = r.ds AND s.person_id = r.person_id AND s.score IS NOT NULL
  WHERE
    r.ds = $day
    AND NOT regexp_matches(r.person_id, '^[^:]*:someone-[0-9a-f]{32}$')
),
levels AS (
  SELECT country AS region, person_id FROM said
  UNION ALL
  SELECT country || '-' || admin1 AS region, person_id FROM said WHERE admin1 IS NOT NULL
  UNION ALL
  SELECT country || '-' || admin1 || '/' || city AS region, person_id FROM said WHERE admin1 IS NOT NULL AND city IS NOT NULL
)
SELECT region, count(*) AS people
FROM levels
GROUP BY region
ORDER BY region
