-- Pile-ons
-- The days of the last 30 on which many strangers talked at the person at once.
SELECT happened_on, people, newcomers
FROM clout.pile_ons
WHERE ds = $day AND person_id = $person
ORDER BY happened_on
