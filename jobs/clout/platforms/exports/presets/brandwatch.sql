-- Export: mentions from Brandwatch Consumer Research as CSV (Mentions, Export, CSV), title rows before the header included.
-- Yields: replies, comments and shares to a thread's author; posts. Where the title rows end is found, or is skip_rows.
-- Cannot show: likes; ids: authors are names, so export one network only, and set handles = true. Dates are in the
--   time zone of the project: set time_zone.
-- Row: title rows count, too.
-- each: **/*.csv

-- table: interactions
WITH t AS (
  SELECT *, row_number() OVER () + $skip + 1 AS row
  FROM read_csv(
    $file, skip = $skip, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', store_rejects = true)
)
SELECT
  Author AS actor, "Thread Author" AS target, "Thread Entry Type" AS kind, "Thread Id" AS post, "Date" AS occurred_at, row,
  CASE WHEN Author IS NULL THEN 'Author: is empty' END AS refused
FROM t
WHERE "Thread Entry Type" IS DISTINCT FROM 'post' AND "Thread Author" IS NOT NULL;

-- table: posts
WITH t AS (
  SELECT *, row_number() OVER () + $skip + 1 AS row
  FROM read_csv(
    $file, skip = $skip, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true)
)
SELECT
  coalesce(CASE WHEN "Thread Entry Type" = 'post' THEN "Thread Id" END, Url) AS post, Author AS author,
  "Date" AS occurred_at, row,
  CASE
    WHEN "Thread Entry Type" = 'share' THEN 'share'
    WHEN "Thread Entry Type" IN ('reply', 'comment') THEN 'reply'
    ELSE 'original'
  END AS post_type
FROM t;
