-- Brands
-- Of which brands people speak week after week, and how many of them are listed for it.
-- name: What the brand is called.
-- people: People who are listed for the brand.
-- paid: Those of them who are paid for it.
SELECT a.brand, max(a.brand_name) AS name, count(*) AS people, count(*) FILTER (a.paid) AS paid
FROM clout.advocates AS a
INNER JOIN clout.scores AS s ON s.ds = a.ds AND s.person_id = a.person_id AND s.score IS NOT NULL
WHERE a.ds = $day
GROUP BY a.brand
ORDER BY name, a.brand
