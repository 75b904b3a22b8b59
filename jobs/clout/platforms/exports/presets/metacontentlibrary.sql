-- Export: Facebook posts from the Meta Content Library or its API as CSV, with the columns that it gives unasked.
-- Yields: posts with their counts; accounts: the Pages, groups and profiles that own them.
-- Cannot show: who acted. There are counters only, so no interactions. Reactions other than likes are left out. The terms
--   of the library bind what is derived from it to its clean room: read them first.
-- Row: the header is row 1.
-- each: **/*.csv

-- table: posts
WITH t AS (
  SELECT *, row_number() OVER () + 1 AS row
  FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', store_rejects = true)
)
SELECT
  id AS post, "post_owner.id" AS author, creation_time AS occurred_at, row,
  "statistics.like_count" AS like_count, "statistics.comment_count" AS reply_count, "statistics.share_count" AS share_count,
  CASE WHEN "post_owner.id" IS NULL THEN 'post_owner.id: is empty' END AS refused
FROM t;

-- table: accounts
SELECT
  "post_owner.id" AS account, any_value("post_owner.name") AS display_name,
  CASE
    WHEN any_value("post_owner.type") ILIKE '%page%' THEN 'page'
    WHEN any_value("post_owner.type") ILIKE '%group%' THEN 'group'
    WHEN any_value("post_owner.type") ILIKE '%profile%' OR any_value("post_owner.type") ILIKE '%user%' THEN 'person'
    ELSE 'unknown'
  END AS account_type
FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true)
WHERE "post_owner.id" IS NOT NULL
GROUP BY "post_owner.id";
