-- Export: Facebook posts from a CrowdTangle dashboard or search (Historical data, CSV). CrowdTangle ended in August 2024.
-- Yields: posts (by URL) with their counts; accounts: Pages, with followers at the newest post.
-- Cannot show: who acted. There are counters only, so no interactions: true reach stays unknown. Reactions other than
--   likes are left out.
-- Row: the header is row 1. Times carry the dashboard's zone (EST, EDT, …); one that is not known here is refused.
-- each: **/*.csv

-- table: posts
WITH
t AS (
  SELECT *, row_number() OVER () + 1 AS row
  FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', store_rejects = true)
),
parts AS (
  SELECT
    *,
    try_strptime(left("Post Created", 19), '%Y-%m-%d %H:%M:%S') AS wall,
    MAP {
      '': 0, 'UTC': 0, 'GMT': 0, 'EST': -5, 'EDT': -4, 'CST': -6, 'CDT': -5, 'MST': -7, 'MDT': -6, 'PST': -8, 'PDT': -7,
      'CET': 1, 'CEST': 2, 'WET': 0, 'WEST': 1, 'EET': 2, 'EEST': 3, 'MSK': 3, 'JST': 9, 'AEST': 10, 'AEDT': 11,
      'NZST': 12, 'NZDT': 13
    }[trim(substr("Post Created", 20))] AS hours
  FROM t
)
SELECT
  URL AS post, "Facebook Id" AS author, wall - to_hours(hours) AS occurred_at, row,
  replace(Likes, ',', '') AS like_count, replace(Comments, ',', '') AS reply_count, replace(Shares, ',', '') AS share_count,
  CASE
    WHEN "Facebook Id" IS NULL THEN 'Facebook Id: is empty'
    WHEN wall IS NULL OR hours IS NULL
      THEN printf('Post Created: ''%s'' is not a time like 2021-03-01 10:00:00 EST', "Post Created")
  END AS refused
FROM parts;

-- table: accounts
WITH t AS (
  SELECT *, row_number() OVER () + 1 AS row
  FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true)
)
SELECT
  "Facebook Id" AS account, arg_max("User Name", "Post Created") AS handle, arg_max("Page Name", "Post Created") AS display_name,
  'page' AS account_type, max(row) AS row,
  replace(arg_max("Followers at Posting", "Post Created"), ',', '') AS followers_count
FROM t
WHERE "Facebook Id" IS NOT NULL
GROUP BY "Facebook Id";
