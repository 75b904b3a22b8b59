-- All scores
-- How many people have a score in each step of five points. The scale is frozen: nobody's points depend on how the others do.
-- points_from: Points, from.
-- points_to: Points, up to and without.
-- people: People whose score lies there.
SELECT
  least(95, 5 * CAST(floor(score / 5) AS INTEGER)) AS points_from,
  least(95, 5 * CAST(floor(score / 5) AS INTEGER)) + 5 AS points_to,
  count(*) AS people
FROM clout.scores
WHERE ds = $day AND score IS NOT NULL
GROUP BY ALL
ORDER BY points_from
