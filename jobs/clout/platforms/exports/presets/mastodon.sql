-- Export: one account's archive from a Mastodon server (Preferences, Import and export, Request your archive), unpacked.
-- Yields: of the public posts in outbox.json the boosts, replies and mentions; the posts; of actor.json the account.
-- Cannot show: what others did to the account; favourites and bookmarks, which the archive lists without times. Accounts are
--   the uris that the reader mastodon uses, so name its platform. Who is boosted or answered stands in a Mastodon uri;
--   other servers' uris do not tell, and such a row has no target. Private posts are left out.
-- Row: the place in orderedItems, from 1.

-- table: interactions
-- each: **/outbox.json
WITH
file AS (SELECT from_json(content, '{"orderedItems": ["JSON"]}').orderedItems AS items FROM read_text($file)),
items AS (SELECT unnest(items) AS item, generate_subscripts(items, 1) AS row FROM file),
shown AS (
  SELECT
    item, row, item ->> 'actor' AS actor, item ->> 'published' AS published, item ->> '$.object.inReplyTo' AS answered,
    regexp_extract(item ->> '$.object.inReplyTo', '^(.*)/statuses/', 1) AS answers
  FROM items
  WHERE coalesce(item ->> 'to', '') || coalesce(item ->> 'cc', '') LIKE '%#Public%'
),
acts AS (
  SELECT
    actor, published, row, 'share' AS kind, item ->> 'object' AS post,
    regexp_extract(item ->> 'object', '^(.*)/statuses/', 1) AS target
  FROM shown
  WHERE item ->> 'type' = 'Announce'
  UNION ALL
  SELECT actor, published, row, 'reply', answered, answers FROM shown
  WHERE item ->> 'type' = 'Create' AND answered IS NOT NULL
  UNION ALL
  SELECT DISTINCT actor, published, row, 'mention', NULL, tag ->> 'href'
  FROM (SELECT *, unnest(from_json(item -> '$.object.tag', '["JSON"]')) AS tag FROM shown WHERE item ->> 'type' = 'Create')
  WHERE tag ->> 'type' = 'Mention' AND tag ->> 'href' IS DISTINCT FROM answers AND tag ->> 'href' IS DISTINCT FROM actor
)
SELECT
  actor, target, kind, post, published AS occurred_at, row,
  CASE WHEN actor IS NULL THEN 'actor: is empty' WHEN published IS NULL THEN 'published: is empty' END AS refused
FROM acts;

-- table: posts
-- each: **/outbox.json
WITH
file AS (SELECT from_json(content, '{"orderedItems": ["JSON"]}').orderedItems AS items FROM read_text($file)),
items AS (SELECT unnest(items) AS item, generate_subscripts(items, 1) AS row FROM file)
SELECT
  item ->> '$.object.id' AS post, item ->> 'actor' AS author, item ->> 'published' AS occurred_at, row,
  CASE WHEN item ->> '$.object.inReplyTo' IS NULL THEN 'original' ELSE 'reply' END AS post_type,
  json_keys(item -> '$.object.contentMap')[1] AS lang,
  item ->> '$.object.likes.totalItems' AS like_count, item ->> '$.object.shares.totalItems' AS share_count
FROM items
WHERE
  item ->> 'type' = 'Create' AND coalesce(item ->> 'to', '') || coalesce(item ->> 'cc', '') LIKE '%#Public%';

-- table: accounts
-- each: **/actor.json
SELECT
  json ->> 'id' AS account, json ->> 'preferredUsername' AS handle, json ->> 'name' AS display_name,
  json ->> 'published' AS created_at, json ->> 'type' IN ('Service', 'Application') AS is_bot
FROM (SELECT content::JSON AS json FROM read_text($file));
