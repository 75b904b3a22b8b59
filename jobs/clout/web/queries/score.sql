-- Score
-- One person's score, its 90 % interval and the three measures.
SELECT * FROM clout.scores WHERE ds = $day AND person_id = $person
