-- Coverage
-- Of what a platform counts on recent posts, how much it also names.
SELECT platform, kind, posts, counted, identified, coverage
FROM meta.coverage
WHERE ds = $day
ORDER BY platform, kind
