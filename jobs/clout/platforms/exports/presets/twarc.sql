-- Export: tweets as twarc2 writes them in CSV (twarc2 search … > t.jsonl; twarc2 csv t.jsonl t.csv; plugin twarc-csv).
-- Yields: shares, replies, quotes; posts with their counts; accounts of authors, protected ones with that flag.
-- Cannot show: likes; mentions, which the CSV knows by username alone; whom a retweet or quote is of where the referenced
--   tweet was not captured (such a row has no target). A retweet's counts are the original's, and land nowhere.
-- Row: the header is row 1.
-- each: **/*.csv

-- table: interactions
WITH
t AS (
  SELECT *, row_number() OVER () + 1 AS row
  FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', store_rejects = true)
),
acts AS (
  SELECT author_id, created_at, row, unnest([
    struct_pack(kind := 'share', target := retweeted_user_id, post := "referenced_tweets.retweeted.id"),
    struct_pack(kind := 'reply', target := in_reply_to_user_id, post := "referenced_tweets.replied_to.id"),
    struct_pack(
      kind := 'quote',
      target := CASE WHEN "referenced_tweets.retweeted.id" IS NULL AND retweeted_user_id IS NULL THEN quoted_user_id END,
      post := CASE WHEN "referenced_tweets.retweeted.id" IS NULL THEN "referenced_tweets.quoted.id" END)
  ]) AS act
  FROM t
)
SELECT
  author_id AS actor, act.target AS target, act.kind AS kind, act.post AS post, created_at AS occurred_at, row,
  CASE WHEN author_id IS NULL THEN 'author_id: is empty' END AS refused
FROM acts
WHERE act.target IS NOT NULL OR act.post IS NOT NULL;

-- table: posts
WITH t AS (
  SELECT *, row_number() OVER () + 1 AS row, "referenced_tweets.retweeted.id" IS NOT NULL AS is_share
  FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true)
)
SELECT
  id AS post, author_id AS author, created_at AS occurred_at, lang, row,
  CASE
    WHEN is_share THEN 'share'
    WHEN in_reply_to_user_id IS NOT NULL THEN 'reply'
    WHEN "referenced_tweets.quoted.id" IS NOT NULL THEN 'quote'
    ELSE 'original'
  END AS post_type,
  CASE WHEN NOT is_share THEN "public_metrics.like_count" END AS like_count,
  CASE WHEN NOT is_share THEN "public_metrics.reply_count" END AS reply_count,
  CASE WHEN NOT is_share THEN "public_metrics.retweet_count" END AS share_count,
  CASE WHEN NOT is_share THEN "public_metrics.quote_count" END AS quote_count
FROM t;

-- table: accounts
WITH t AS (
  SELECT *, row_number() OVER () + 1 AS row
  FROM read_csv($file, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true)
)
SELECT
  author_id AS account,
  arg_max("author.username", row) AS handle,
  arg_max("author.name", row) AS display_name,
  min("author.created_at") AS created_at,
  arg_max("author.public_metrics.followers_count", row) AS followers_count,
  arg_max("author.public_metrics.following_count", row) AS following_count,
  arg_max("author.public_metrics.tweet_count", row) AS posts_count,
  arg_max("author.public_metrics.listed_count", row) AS listed_count,
  arg_max("author.verified", row) AS verified,
  max(lower("author.protected")) AS is_protected, -- 'true' comes after 'false': once protected is protected
  max(row) AS row
FROM t
WHERE author_id IS NOT NULL
GROUP BY author_id;
