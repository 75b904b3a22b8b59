-- Brands of a person
-- Of which brands this person speaks week after week, and how many people react to that.
SELECT a.brand, a.brand_name, a.weeks, a.posts, a.mentions, a.people, a.paid, a.last_spoken_on
FROM clout.advocates AS a
WHERE a.ds = $day AND a.person_id = $person
ORDER BY a.brand
