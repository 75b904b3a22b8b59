-- Movement: how far tonight's people are from those who were published before.
-- Meaning: three comparisons, each a dataset. movement: tonight's scores with the newest published day before. recomputed: the
--   published scores of an earlier day with what tonight's evidence gives for that very day; only late data, another
--   configuration or damage can make them differ. again: the day's own published version, where it is published again.
--   Of the people with a score on both sides: rank_correlation (Spearman's) and mean_difference. lost_share: of those with a
--   score before, those who have none now; new_share: the other way round. top_kept: of the :top first of before, or the
--   first fifth where that is fewer, those who are among as many first of now. Per platform the same of what people with a
--   score on both sides are worth there, in hundredths.
--   People on a platform that the earlier day did not have are compared only on the others: what is new explains them.
--   movement, of the accounts on both sides: persons_moved, whose person is another one; handles_moved and kinds_moved, whose
--   handle or account type is; followers_correlation, Spearman's; followers_are_ids, of tonight's counters the share that
--   equal the account's number. accounts_lost: of the accounts of before.
-- Unit: correlation, -1 to 1; points; moved, a share that is low on ordinary nights; kept, one that is high. n: how many it
--   rests on. Grain: one row per dataset, platform ('all' for all together), metric; none where n is below :least.
-- Inputs: {scores}, {platform_scores}, {accounts}, {score_changes}, as staged; {past_scores} (ds, person_id, score) of published
--   days; {past_platform_scores}, {past_accounts} of the day :before
-- Parameters:
--   day DATE         the score date
--   before DATE      the newest published day before it
--   recomputed DATE  the newest published day that score_changes speaks of; the score date where there is none
--   least INT        comparisons of fewer are left out
--   top INT          how many are the first
-- Run: .venv/bin/python jobs/audit.py --day 2026-03-14 --run by-hand
WITH newcomers AS (
  SELECT DISTINCT person_id
  FROM {platform_scores} AS n
  LEFT ANTI JOIN {past_platform_scores} AS o ON o.platform = n.platform
),
sides AS (
  SELECT
    'movement' AS dataset, 'all' AS platform, coalesce(n.person_id, o.person_id) AS person_id, o.score AS before, n.score AS now
  FROM (SELECT person_id, score FROM {past_scores} WHERE ds = :before) AS o
  FULL JOIN {scores} AS n ON n.person_id = o.person_id
  UNION ALL
  SELECT 'recomputed', 'all', coalesce(n.person_id, o.person_id), o.score, n.score_before
  FROM (SELECT person_id, score FROM {past_scores} WHERE ds = :recomputed AND ds < :day) AS o
  FULL JOIN (
    SELECT person_id, score_before FROM {score_changes} WHERE days_before = date_diff(:day, :recomputed)
  ) AS n ON n.person_id = o.person_id
  UNION ALL
  SELECT 'again', 'all', coalesce(n.person_id, o.person_id), o.score, n.score
  FROM (SELECT person_id, score FROM {past_scores} WHERE ds = :day) AS o
  FULL JOIN {scores} AS n ON n.person_id = o.person_id
),
whole AS (
  SELECT s.dataset, s.platform, s.person_id, s.before, s.now
  FROM sides AS s
  LEFT ANTI JOIN newcomers AS w ON w.person_id = s.person_id
  WHERE s.before IS NOT NULL OR s.now IS NOT NULL
),
scored AS (
  SELECT n.person_id
  FROM {scores} AS n
  INNER JOIN {past_scores} AS o ON o.person_id = n.person_id AND o.ds = :before
  WHERE n.score IS NOT NULL AND o.score IS NOT NULL
),
compared AS (
  SELECT * FROM whole
  UNION ALL
  SELECT 'movement', o.platform, o.person_id, 1e2 * o.platform_score, 1e2 * n.platform_score
  FROM {past_platform_scores} AS o
  INNER JOIN scored AS s ON s.person_id = o.person_id
  LEFT JOIN {platform_scores} AS n ON n.platform = o.platform AND n.person_id = o.person_id
  UNION ALL
  SELECT 'movement', n.platform, n.person_id, NULL, 1e2 * n.platform_score
  FROM {platform_scores} AS n
  INNER JOIN scored AS s ON s.person_id = n.person_id
  INNER JOIN (SELECT DISTINCT platform FROM {past_platform_scores}) AS known ON known.platform = n.platform
  LEFT ANTI JOIN {past_platform_scores} AS o ON o.platform = n.platform AND o.person_id = n.person_id
),
placed AS (
  SELECT
    *,
    -- Those who are level share the mean of their places.
    rank() OVER (PARTITION BY dataset, platform ORDER BY before)
      + (count(*) OVER (PARTITION BY dataset, platform, before) - 1) / 2e0 AS rank_before,
    rank() OVER (PARTITION BY dataset, platform ORDER BY now)
      + (count(*) OVER (PARTITION BY dataset, platform, now) - 1) / 2e0 AS rank_now
  FROM compared
  WHERE before IS NOT NULL AND now IS NOT NULL
),
alike AS (
  SELECT
    dataset, platform, count(*) AS n,
    -- Who are all level on either side are in no order.
    CASE
      WHEN max(rank_before) > min(rank_before) AND max(rank_now) > min(rank_now) THEN corr(rank_before, rank_now)
      WHEN max(rank_before) = min(rank_before) AND max(rank_now) = min(rank_now) THEN 1e0
      ELSE 0e0
    END AS rank_correlation,
    avg(abs(now - before)) AS mean_difference
  FROM placed
  GROUP BY dataset, platform
),
counts AS (
  SELECT dataset, platform, count(before) AS were, count(now) AS are, count(before + now) AS in_both
  FROM compared
  GROUP BY dataset, platform
),
firsts AS (
  SELECT
    w.dataset, w.before IS NOT NULL AS was, w.now IS NOT NULL AS is_now,
    row_number() OVER (PARTITION BY w.dataset ORDER BY w.before DESC NULLS LAST, w.person_id) AS place_before,
    row_number() OVER (PARTITION BY w.dataset ORDER BY w.now DESC NULLS LAST, w.person_id) AS place_now,
    least(:top, c.were / 5) AS top
  FROM whole AS w
  INNER JOIN counts AS c ON c.dataset = w.dataset AND c.platform = 'all'
),
topmost AS (
  SELECT
    dataset, count(*) AS n,
    count(CASE WHEN is_now AND place_now <= top THEN 1 END) / CAST(count(*) AS DOUBLE) AS kept
  FROM firsts
  WHERE was AND place_before <= top
  GROUP BY dataset
),
both_accounts AS (
  SELECT
    o.platform,
    CASE WHEN n.person_id <> o.person_id THEN 1e0 ELSE 0e0 END AS person_moved,
    CASE WHEN o.handle IS NOT NULL THEN CASE WHEN n.handle = o.handle THEN 0e0 ELSE 1e0 END END AS handle_moved,
    CASE WHEN n.account_type <> o.account_type THEN 1e0 ELSE 0e0 END AS kind_moved
  FROM {past_accounts} AS o
  INNER JOIN {accounts} AS n ON n.account_key = o.account_key
),
counters AS (
  SELECT
    n.platform,
    rank() OVER (PARTITION BY n.platform ORDER BY o.followers_count)
      + (count(*) OVER (PARTITION BY n.platform, o.followers_count) - 1) / 2e0 AS before,
    rank() OVER (PARTITION BY n.platform ORDER BY n.followers_count)
      + (count(*) OVER (PARTITION BY n.platform, n.followers_count) - 1) / 2e0 AS now
  FROM {past_accounts} AS o
  INNER JOIN {accounts} AS n ON n.account_key = o.account_key
  WHERE o.followers_count IS NOT NULL AND n.followers_count IS NOT NULL
),
found AS (
  SELECT dataset, platform, 'rank_correlation' AS metric, 'correlation' AS unit, rank_correlation AS value, n FROM alike
  UNION ALL
  SELECT dataset, platform, 'mean_difference', 'points', mean_difference, n FROM alike
  UNION ALL
  SELECT dataset, platform, 'lost_share', 'moved', (were - in_both) / CAST(were AS DOUBLE), were FROM counts WHERE were > 0
  UNION ALL
  SELECT dataset, platform, 'new_share', 'moved', (are - in_both) / CAST(are AS DOUBLE), are FROM counts WHERE are > 0 AND were > 0
  UNION ALL
  SELECT dataset, 'all', 'top_kept', 'kept', kept, n FROM topmost
  UNION ALL
  SELECT 'movement', platform, 'persons_moved', 'moved', avg(person_moved), count(*) FROM both_accounts GROUP BY platform
  UNION ALL
  SELECT 'movement', platform, 'handles_moved', 'moved', avg(handle_moved), count(handle_moved)
  FROM both_accounts
  GROUP BY platform
  HAVING count(handle_moved) > 0
  UNION ALL
  SELECT 'movement', platform, 'kinds_moved', 'moved', avg(kind_moved), count(*) FROM both_accounts GROUP BY platform
  UNION ALL
  SELECT 'movement', platform, 'followers_correlation', 'correlation', corr(before, now), count(*)
  FROM counters
  GROUP BY platform
  HAVING max(before) > min(before) AND max(now) > min(now)
  UNION ALL
  SELECT
    'movement', platform, 'followers_are_ids', 'moved',
    avg(CASE WHEN CAST(followers_count AS STRING) = substr(account_key, length(platform) + 2) THEN 1e0 ELSE 0e0 END),
    count(*)
  FROM {accounts}
  WHERE followers_count IS NOT NULL
  GROUP BY platform
  UNION ALL
  SELECT 'movement', o.platform, 'accounts_lost', 'moved', avg(CASE WHEN n.account_key IS NULL THEN 1e0 ELSE 0e0 END), count(*)
  FROM {past_accounts} AS o
  INNER JOIN (SELECT DISTINCT platform FROM {accounts}) AS still ON still.platform = o.platform
  LEFT JOIN {accounts} AS n ON n.account_key = o.account_key
  GROUP BY o.platform
)
SELECT dataset, platform, metric, unit, value, n
FROM found
WHERE n >= :least
