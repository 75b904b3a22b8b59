-- Place
-- How many people of the day have a higher score, and of how many.
SELECT
  count(*) FILTER (WHERE score > (SELECT score FROM clout.scores WHERE ds = $day AND person_id = $person)) + 1 AS place,
  count(score) AS scored
FROM clout.scores
WHERE ds = $day
