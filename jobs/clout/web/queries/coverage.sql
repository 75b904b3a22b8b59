-- Coverage
-- Of the reactions that a platform counts on recent posts, how many it also shows with names.
SELECT platform, kind, posts, counted, identified, coverage
FROM meta.coverage
WHERE ds = $day
ORDER BY platform, kind
