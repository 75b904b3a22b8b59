-- History
-- The person's score and interval on every published day.
SELECT ds, score, score_low, score_high
FROM clout.scores
WHERE person_id = $person AND score IS NOT NULL
ORDER BY ds
