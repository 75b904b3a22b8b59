-- Place
-- How many people of the day have a higher score, and of how many.
-- place: Place among everybody with a score; 1 is highest.
-- scored: People with a score.
SELECT
  count(*) FILTER (WHERE score > (SELECT score FROM clout.scores WHERE ds = $day AND person_id = $person)) + 1 AS place,
  count(score) AS scored
FROM clout.scores
WHERE ds = $day
