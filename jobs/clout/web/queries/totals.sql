-- Who is counted
-- How many people have a score, how many have too little evidence for one, and how many of the scored did not agree to be named.
-- scored: People with a score.
-- unscored: People with too little evidence for one.
-- unnamed: Of those with a score, how many did not agree to be named.
SELECT
  count(score) AS scored,
  count(*) - count(score) AS unscored,
  count(score) FILTER (WHERE regexp_matches(person_id, '^[^:]*:someone-[0-9a-f]{32}$')) AS unnamed,
  max(model_version) AS model_version
FROM clout.scores
WHERE ds = $day
