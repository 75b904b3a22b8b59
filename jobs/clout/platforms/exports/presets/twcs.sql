-- Export: Customer Support on Twitter (Kaggle: thoughtvector/customer-support-on-twitter; twcs.csv), one file a folder.
-- Yields: replies; posts, with the answers that the data set holds; accounts: who answers customers is an organization.
-- Cannot show: likes, shares, quotes; who the customers are: they are numbers. Where the answered tweet is not in the file,
--   the target is whom the text names first, and a text writes handles in any case: set handles = true.
-- Row: the header is row 1.
-- each: **/*.csv

-- table: interactions
WITH
answers AS (
  SELECT *, row_number() OVER () + 1 AS row
  FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', store_rejects = true)
),
tweets AS (
  SELECT tweet_id, any_value(author_id) AS author_id
  FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true)
  GROUP BY tweet_id
)
SELECT
  a.author_id AS actor, 'reply' AS kind, a.in_response_to_tweet_id AS post, a.row,
  coalesce(b.author_id, nullif(regexp_extract(a.text, '@(\w+)', 1), '')) AS target,
  try_strptime(a.created_at, '%a %b %d %H:%M:%S %z %Y') AS occurred_at,
  CASE
    WHEN a.author_id IS NULL THEN 'author_id: is empty'
    WHEN occurred_at IS NULL
      THEN printf('created_at: ''%s'' is not a time like Tue Oct 31 22:10:47 +0000 2017', a.created_at)
  END AS refused
FROM answers AS a LEFT JOIN tweets AS b ON b.tweet_id = a.in_response_to_tweet_id
WHERE a.in_response_to_tweet_id IS NOT NULL;

-- table: posts
SELECT
  tweet_id AS post, author_id AS author, row_number() OVER () + 1 AS row,
  try_strptime(created_at, '%a %b %d %H:%M:%S %z %Y') AS occurred_at,
  CASE WHEN in_response_to_tweet_id IS NULL THEN 'original' ELSE 'reply' END AS post_type,
  coalesce(len(string_split(response_tweet_id, ',')), 0) AS reply_count,
  CASE WHEN occurred_at IS NULL
    THEN printf('created_at: ''%s'' is not a time like Tue Oct 31 22:10:47 +0000 2017', created_at)
  END AS refused
FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true);

-- table: accounts
SELECT
  author_id AS account,
  CASE WHEN bool_or(inbound = 'False') THEN 'organization' ELSE 'unknown' END AS account_type
FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true)
WHERE author_id IS NOT NULL
GROUP BY author_id;
