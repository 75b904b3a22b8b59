-- Export: Bluesky's Jetstream, as it comes, kept as JSON lines (*.jsonl, *.jsonl.gz): one event a line.
-- Yields: likes, reposts, replies, quotes and mentions that were made and not taken back within the files of the folder;
--   posts; accounts of which an event told a handle, or that they were deleted, suspended or deactivated.
-- Cannot show: what was taken back later, or before the files begin; profiles, followers and counters; who asks not to be
--   shown to strangers (the label !no-unauthenticated stands in profiles): exclude them yourself, or use the reader bluesky.
-- Row: the line. All files are read at once, since what one made another may take back: keep a day's files in a folder.

-- table: interactions
WITH
lines AS (
  SELECT line, filename, row_number() OVER () AS n
  FROM read_csv(
    '**/*.jsonl*', columns = {line: 'VARCHAR'}, header = false, auto_detect = false, delim = '', quote = '', escape = '',
    max_line_size = 16777216, filename = true)
),
starts AS (SELECT filename, min(n) AS first FROM lines GROUP BY filename),
events AS (
  SELECT
    filename, n, line, json_valid(line) AS is_json,
    CASE WHEN is_json THEN json_extract_string(line, [
      '$.did', '$.time_us', '$.commit.operation', '$.commit.collection', '$.commit.rkey', '$.commit.record.subject.uri',
      '$.commit.record.reply.parent.uri', '$.commit.record.embed.record.uri', '$.commit.record.embed.record.record.uri',
      '$.kind']) END AS e,
    CASE WHEN is_json THEN json_extract_string(line, '$.commit.record.facets[*].features[*].did') END AS named
  FROM lines
),
gone AS (SELECT DISTINCT e[1] AS did, e[4] AS collection, e[5] AS rkey FROM events WHERE e[3] = 'delete'),
made AS (
  SELECT
    *, coalesce(e[9], e[8]) AS quoted, split_part(e[4], '.', 4) AS what,
    regexp_extract(e[7], '^at://([^/]+)/', 1) AS answers
  FROM events
  WHERE NOT is_json OR (
    e[3] = 'create' AND e[4] IN ('app.bsky.feed.like', 'app.bsky.feed.repost', 'app.bsky.feed.post')
    AND NOT EXISTS (FROM gone WHERE gone.did = e[1] AND gone.collection = e[4] AND gone.rkey = e[5])
  )
),
acts AS (
  SELECT filename, n, is_json, e[1] AS actor, e[2] AS time_us, unnest(
    CASE
      WHEN NOT is_json THEN [{kind: NULL, post: NULL, target: NULL}]
      WHEN what = 'like' THEN [{kind: 'like', post: e[6], target: NULL}]
      WHEN what = 'repost' THEN [{kind: 'share', post: e[6], target: NULL}]
      ELSE list_concat(
        CASE WHEN e[7] IS NOT NULL THEN [{kind: 'reply', post: e[7], target: NULL}] ELSE [] END,
        CASE WHEN quoted LIKE '%/app.bsky.feed.post/%' THEN [{kind: 'quote', post: quoted, target: NULL}] ELSE [] END,
        [
          {kind: 'mention', post: NULL, target: who} FOR who IN list_distinct(coalesce(named, []))
          IF who IS DISTINCT FROM answers AND who IS DISTINCT FROM e[1]
        ])
    END) AS act
  FROM made
)
SELECT
  actor, act.kind AS kind, act.post AS post,
  coalesce(act.target, nullif(regexp_extract(act.post, '^at://([^/]+)/', 1), '')) AS target,
  make_timestamptz(TRY_CAST(time_us AS BIGINT)) AS occurred_at, filename, n - first + 1 AS row,
  CASE
    WHEN NOT is_json THEN 'line: not JSON'
    WHEN actor IS NULL THEN 'did: is empty'
    WHEN occurred_at IS NULL THEN printf('time_us: ''%s'' is not microseconds', time_us)
  END AS refused
FROM acts INNER JOIN starts USING (filename);

-- table: posts
WITH
lines AS (
  SELECT line FROM read_csv(
    '**/*.jsonl*', columns = {line: 'VARCHAR'}, header = false, auto_detect = false, delim = '', quote = '', escape = '',
    max_line_size = 16777216)
),
events AS (
  SELECT json_extract_string(line, [
    '$.did', '$.time_us', '$.commit.operation', '$.commit.collection', '$.commit.rkey', '$.commit.record.langs[0]',
    '$.commit.record.reply.parent.uri', '$.commit.record.embed.record.uri', '$.commit.record.embed.record.record.uri']) AS e
  FROM lines
  WHERE json_valid(line) AND line LIKE '%app.bsky.feed.post%'
)
SELECT
  'at://' || e[1] || '/app.bsky.feed.post/' || e[5] AS post, e[1] AS author, e[6] AS lang,
  make_timestamptz(TRY_CAST(e[2] AS BIGINT)) AS occurred_at,
  CASE
    WHEN e[7] IS NOT NULL THEN 'reply'
    WHEN coalesce(e[9], e[8]) LIKE '%/app.bsky.feed.post/%' THEN 'quote'
    ELSE 'original'
  END AS post_type
FROM events
WHERE
  e[3] = 'create' AND e[4] = 'app.bsky.feed.post'
  AND NOT EXISTS (
    FROM events AS gone
    WHERE gone.e[3] = 'delete' AND gone.e[4] = events.e[4] AND gone.e[1] = events.e[1] AND gone.e[5] = events.e[5]
  );

-- table: accounts
WITH
lines AS (
  SELECT line FROM read_csv(
    '**/*.jsonl*', columns = {line: 'VARCHAR'}, header = false, auto_detect = false, delim = '', quote = '', escape = '',
    max_line_size = 16777216)
  WHERE json_valid(line) AND (line LIKE '%"identity"%' OR line LIKE '%"account"%')
),
events AS (
  SELECT json_extract_string(line, [
    '$.did', '$.time_us', '$.kind', '$.identity.handle', '$.account.active', '$.account.status']) AS e
  FROM lines
)
SELECT
  e[1] AS account, arg_max(e[4], TRY_CAST(e[2] AS BIGINT)) FILTER (e[4] IS NOT NULL) AS handle,
  CASE arg_max(
      CASE WHEN e[5] = 'true' THEN 'active' ELSE coalesce(e[6], 'unavailable') END, TRY_CAST(e[2] AS BIGINT)
    ) FILTER (e[3] = 'account')
    WHEN 'active' THEN 'active'
    WHEN 'deleted' THEN 'deleted'
    WHEN 'takendown' THEN 'suspended'
    WHEN 'suspended' THEN 'suspended'
    WHEN 'deactivated' THEN 'unavailable'
    ELSE CASE WHEN bool_or(e[3] = 'account') THEN 'unavailable' ELSE 'active' END
  END AS status
FROM events
WHERE e[3] IN ('identity', 'account') AND e[1] IS NOT NULL
GROUP BY e[1];
