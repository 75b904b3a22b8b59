-- First night: what can be asked of a night before which nothing is published, so that no score vouches for it.
-- Meaning: acts_kept: of the acts that the lake had on earlier days when it first conformed them, the share that is still there,
--   counted by drawer; the lesser of pairs and kinds. A platform that is not configured any more keeps none. What came
--   later takes nothing away. Of platforms that are read from files:
--   days_whole: of the days from the first file to the last the share with interactions.
--   accounts_meet: the accounts that both are listed and act or are acted on, as a share of those listed or of those active,
--   whichever are fewer: a list of a few, or few acts, is no fault, two lists of different people are.
--   followers_follow: Spearman's correlation of followers with how many people act on somebody, less that with on how many
--   they act: below 0 where actors and targets are exchanged.
--   acts_after_birth: of the accounts that act and show when they were made the share that was made before it acted.
--   bots_few: of the accounts that are listed the share that says it is a bot.
--   model_released: whether the model's numbers are those of a file of sql/models; 1 or 0.
--   files_came: whether a file of interactions or of posts came for the score date, be it without rows; 1 or 0.
--   choices_told: whether the accounts say of anybody that they opted out, or did not; 1 or 0.
-- Unit: kept, a share that is high on honest nights, moved, one that is low; correlation, -2 to 2. n: acts, days or accounts that it rests on.
-- Grain: one row per dataset (first), platform, metric; none where n is below what the metric needs.
-- Inputs: {activity} of the window (ds, platform, actor, target, kind, n); {first_seen}, see first_seen.sql; {listed}, the
--   accounts whose platform listed them whole (platform, account_key, followers_count, created_on, is_bot), without those who are left out;
--   {told} (platform, accounts, choices): how many a platform listed, and of how many it said whether they opted out;
--   {delivered} (ds, platform, interactions, posts): the rows that came; {came} (platform, files): of each platform that is
--   read from files how many held, or might have held, interactions or posts of the score date
-- Parameters:
--   day DATE      the score date
--   least INT     platforms with fewer acts, or fewer accounts, are left out
--   released INT  1 where the model is a released one, else 0
-- Run: .venv/bin/python jobs/audit.py --day 2026-03-14 --run by-hand
WITH sized AS (
  SELECT ds, platform, CAST(max(length(drawer)) AS INT) AS digits
  FROM {first_seen}
  WHERE side = 'pair' AND ds < :day
  GROUP BY ds, platform
),
drawers AS (
  SELECT
    a.ds, a.platform, 'pair' AS side, substr(sha2(concat(a.actor, ' ', a.target), 256), 1, s.digits) AS drawer, a.n AS acts
  FROM {activity} AS a
  INNER JOIN sized AS s ON s.ds = a.ds AND s.platform = a.platform
  UNION ALL
  SELECT a.ds, a.platform, 'kind', a.kind, a.n
  FROM {activity} AS a
),
now AS (
  SELECT ds, platform, side, drawer, CAST(sum(acts) AS BIGINT) AS acts FROM drawers GROUP BY ds, platform, side, drawer
),
still AS (
  SELECT
    f.platform, f.side,
    CAST(sum(least(f.acts, coalesce(n.acts, 0))) AS DOUBLE) / sum(f.acts) AS share,
    CAST(sum(f.acts) AS BIGINT) AS acts
  FROM {first_seen} AS f
  LEFT JOIN now AS n ON n.ds = f.ds AND n.platform = f.platform AND n.side = f.side AND n.drawer = f.drawer
  WHERE f.ds < :day
  GROUP BY f.platform, f.side
),
spans AS (
  SELECT
    platform,
    date_diff(max(ds), min(ds)) + 1 AS days,
    count(CASE WHEN interactions > 0 THEN 1 END) AS with_acts,
    sum(interactions) AS acts
  FROM {delivered}
  WHERE (interactions > 0 OR posts > 0) AND ds <= :day
  GROUP BY platform
),
acted AS (
  SELECT platform, actor AS account_key, count(DISTINCT target) AS on_others, min(ds) AS first_ds
  FROM {activity}
  GROUP BY platform, actor
),
moved AS (SELECT platform, target AS account_key, count(DISTINCT actor) AS by_others FROM {activity} GROUP BY platform, target),
active AS (
  SELECT
    coalesce(a.platform, m.platform) AS platform, coalesce(a.account_key, m.account_key) AS account_key,
    coalesce(a.on_others, 0) AS on_others, coalesce(m.by_others, 0) AS by_others
  FROM acted AS a
  FULL JOIN moved AS m ON m.platform = a.platform AND m.account_key = a.account_key
),
meeting AS (
  SELECT l.platform, count(a.account_key) AS in_both, count(*) AS listed
  FROM {listed} AS l
  LEFT JOIN active AS a ON a.platform = l.platform AND a.account_key = l.account_key
  GROUP BY l.platform
),
are_active AS (SELECT platform, count(*) AS active FROM active GROUP BY platform),
followed AS (
  SELECT
    l.platform,
    rank() OVER (PARTITION BY l.platform ORDER BY l.followers_count)
      + (count(*) OVER (PARTITION BY l.platform, l.followers_count) - 1) / 2e0 AS followers,
    rank() OVER (PARTITION BY l.platform ORDER BY a.by_others)
      + (count(*) OVER (PARTITION BY l.platform, a.by_others) - 1) / 2e0 AS by_others,
    rank() OVER (PARTITION BY l.platform ORDER BY a.on_others)
      + (count(*) OVER (PARTITION BY l.platform, a.on_others) - 1) / 2e0 AS on_others
  FROM {listed} AS l
  INNER JOIN active AS a ON a.platform = l.platform AND a.account_key = l.account_key
  WHERE l.followers_count IS NOT NULL
)
SELECT 'first' AS dataset, platform, 'acts_kept' AS metric, 'kept' AS unit, min(share) AS value, max(acts) AS n
FROM still
GROUP BY platform
HAVING max(acts) >= :least
UNION ALL
SELECT 'first', platform, 'days_whole', 'kept', with_acts / CAST(days AS DOUBLE), CAST(days AS BIGINT)
FROM spans
WHERE acts >= :least * days
UNION ALL
SELECT
  'first', m.platform, 'accounts_meet', 'kept', m.in_both / CAST(least(m.listed, a.active) AS DOUBLE), least(m.listed, a.active)
FROM meeting AS m
INNER JOIN are_active AS a ON a.platform = m.platform
WHERE least(m.listed, a.active) >= :least
UNION ALL
SELECT
  'first', platform, 'followers_follow', 'correlation', corr(followers, by_others) - corr(followers, on_others), count(*)
FROM followed
GROUP BY platform
HAVING count(*) >= :least
  AND max(followers) > min(followers) AND max(by_others) > min(by_others) AND max(on_others) > min(on_others)
UNION ALL
SELECT 'first', l.platform, 'acts_after_birth', 'kept', avg(CASE WHEN l.created_on > a.first_ds THEN 0e0 ELSE 1e0 END), count(*)
FROM {listed} AS l
INNER JOIN acted AS a ON a.platform = l.platform AND a.account_key = l.account_key
WHERE l.created_on IS NOT NULL
GROUP BY l.platform
HAVING count(*) >= :least
UNION ALL
SELECT 'first', platform, 'bots_few', 'moved', avg(CASE WHEN is_bot THEN 1e0 ELSE 0e0 END), count(*)
FROM {listed}
GROUP BY platform
HAVING count(*) >= :least
UNION ALL
SELECT 'first', platform, 'choices_told', 'kept', CASE WHEN choices > 0 THEN 1e0 ELSE 0e0 END, accounts
FROM {told}
WHERE accounts >= :least
UNION ALL
SELECT 'first', platform, 'files_came', 'kept', CASE WHEN files > 0 THEN 1e0 ELSE 0e0 END, CAST(1 AS BIGINT)
FROM {came}
UNION ALL
SELECT 'first', 'all', 'model_released', 'kept', CAST(:released AS DOUBLE), CAST(1 AS BIGINT)
