-- Export: one account's archive from X (Settings, Your account, Download an archive of your data), unpacked.
-- Yields: of tweets.js (tweets-part1.js …; tweet.js of old) the replies, shares and mentions, and the posts with their
--   counts; of account.js the account, with the number of accounts in follower.js and following.js.
-- Cannot show: what others did to the account; whom a quote is of, named by handle alone; likes: like.js lists tweets, but
--   neither their authors nor when they were liked. A retweet's counts are the original's, and land nowhere.
-- Row: the place in the file's list, from 1.

-- table: interactions
-- each: **/tweet[s.]*js
WITH
file AS (SELECT from_json(regexp_replace(content, '^[^\[]*|;?\s*$', '', 'g'), '["JSON"]') AS items FROM read_text($file)),
me AS (
  SELECT regexp_extract(content, '"accountId"\s*:\s*"(\d+)"', 1) AS id
  FROM read_text(regexp_replace($file, '[^/]*$', 'account.js'))
),
tweets AS (
  SELECT coalesce(item -> 'tweet', item) AS tweet, row
  FROM (SELECT unnest(items) AS item, generate_subscripts(items, 1) AS row FROM file)
),
parts AS (
  SELECT
    row, tweet ->> 'in_reply_to_user_id_str' AS answers, tweet ->> 'in_reply_to_status_id_str' AS answered,
    tweet ->> 'created_at' AS made, coalesce(tweet ->> 'full_text', tweet ->> 'text') LIKE 'RT @%' AS is_share,
    from_json(tweet -> '$.entities.user_mentions', '[{"id_str": "VARCHAR"}]') AS named
  FROM tweets
),
acts AS (
  SELECT row, made, 'reply' AS kind, answers AS target, answered AS post FROM parts
  WHERE answers IS NOT NULL AND is_share IS NOT TRUE
  UNION ALL
  SELECT row, made, 'share', named[1].id_str, NULL FROM parts WHERE is_share
  UNION ALL
  SELECT DISTINCT row, made, 'mention', who.id_str, NULL
  FROM (SELECT *, unnest(named) AS who FROM parts WHERE is_share IS NOT TRUE), me
  WHERE who.id_str IS DISTINCT FROM answers AND who.id_str <> me.id AND who.id_str <> '-1'
)
SELECT
  me.id AS actor, target, kind, post, try_strptime(made, '%a %b %d %H:%M:%S %z %Y') AS occurred_at, row,
  CASE WHEN occurred_at IS NULL
    THEN printf('created_at: ''%s'' is not a time like Tue Oct 31 22:10:47 +0000 2017', made)
  END AS refused
FROM acts, me;

-- table: posts
-- each: **/tweet[s.]*js
WITH
file AS (SELECT from_json(regexp_replace(content, '^[^\[]*|;?\s*$', '', 'g'), '["JSON"]') AS items FROM read_text($file)),
me AS (
  SELECT regexp_extract(content, '"accountId"\s*:\s*"(\d+)"', 1) AS id
  FROM read_text(regexp_replace($file, '[^/]*$', 'account.js'))
),
tweets AS (
  SELECT coalesce(item -> 'tweet', item) AS tweet, row
  FROM (SELECT unnest(items) AS item, generate_subscripts(items, 1) AS row FROM file)
),
parts AS (
  SELECT tweet, row, coalesce(tweet ->> 'full_text', tweet ->> 'text') LIKE 'RT @%' AS is_share FROM tweets
)
SELECT
  tweet ->> 'id_str' AS post, me.id AS author, tweet ->> 'lang' AS lang, row,
  try_strptime(tweet ->> 'created_at', '%a %b %d %H:%M:%S %z %Y') AS occurred_at,
  CASE
    WHEN is_share THEN 'share'
    WHEN tweet ->> 'in_reply_to_user_id_str' IS NOT NULL THEN 'reply'
    ELSE 'original'
  END AS post_type,
  CASE WHEN is_share IS NOT TRUE THEN tweet ->> 'favorite_count' END AS like_count,
  CASE WHEN is_share IS NOT TRUE THEN tweet ->> 'retweet_count' END AS share_count,
  CASE WHEN occurred_at IS NULL
    THEN printf('created_at: ''%s'' is not a time like Tue Oct 31 22:10:47 +0000 2017', tweet ->> 'created_at')
  END AS refused
FROM parts, me;

-- table: accounts
-- each: **/account.js
WITH
me AS (
  SELECT from_json(regexp_replace(content, '^[^\[]*|;?\s*$', '', 'g'), '["JSON"]')[1] -> 'account' AS account
  FROM read_text($file)
),
known AS ( -- account.js is among these, so that there is a file to read where follower.js and following.js are not
  SELECT
    filename, len(from_json(regexp_replace(content, '^[^\[]*|;?\s*$', '', 'g'), '["JSON"]')) AS people
  FROM read_text(regexp_replace($file, '[^/]*$', '[af][co][cl][lo][ou][wn][eti]*.js'))
)
SELECT
  account ->> 'accountId' AS account, account ->> 'username' AS handle, account ->> 'accountDisplayName' AS display_name,
  account ->> 'createdAt' AS created_at,
  (SELECT sum(people)::BIGINT FROM known WHERE regexp_matches(filename, 'follower(-part\d+)?\.js$')) AS followers_count,
  (SELECT sum(people)::BIGINT FROM known WHERE regexp_matches(filename, 'following(-part\d+)?\.js$')) AS following_count
FROM me;
