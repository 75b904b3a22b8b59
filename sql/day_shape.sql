-- Day shape: what a day's interactions look like beside those of the four weeks before: who, on whom, how, and when.
-- Meaning: of the day's actors, targets and pairs of the two the shares that acted, were acted on, or did so before:
--   actors_seen, targets_seen, pairs_seen. actors_alike, targets_alike: Σ √(p q), p the share of each in the day's acts, q that
--   in those before; 1 where all act as much as usual. regulars_missing: of those who acted on four of five days before, the
--   share that does not. kinds_differ: half of Σ |p - q| over the kinds. repeated_share: the most of the day's acts that one
--   earlier day has, too, by actor, target, kind and number; a file that is delivered again under another day has all.
--   one_target: the share of the acts on one target. newcomers_one_target: of the actors those who never acted before and act
--   on one target. Of the exact times: hours_differ, half of Σ |p - q| over the hours, q of the days before in {times}, n as many acts
--   as would scatter so by chance: 1 / (1 / acts + 1 / acts before), less by as much as the days before differ among themselves by
--   more than chance (Pearson's chi-square a degree of freedom), since acts come in crowds;
--   one_moment: the share of acts at one microsecond. Of the acts that name a post, mentions left out, on platforms that
--   show posts: posts_known, the share whose post {posts} has; of these on_author, the share whose target wrote it, and
--   after_post, that of acts after it.
-- Unit: kept, a share that is high on ordinary days; moved, one that is low. n: acts, actors, targets or pairs that it rests
--   on. Grain: one row per dataset (day), platform, metric, of platforms with at least :least acts on the day; what compares
--   needs :least_days days before.
-- Inputs: {activity} (ds, platform, actor, target, kind, n); {times} (ds, platform, occurred_at), which happened on their ds;
--   both of the day and of days before; {named} (platform, target, post_key, occurred_at), the day's acts that name a post;
--   {posts} (platform, post_key, author_key, posted_at) of the day and of days before
-- Parameters:
--   day DATE        the day
--   least INT       platforms with fewer acts are left out
--   least_days INT  fewer days before are no past
-- Run: .venv/bin/python jobs/audit.py --day 2026-03-14 --run by-hand
WITH tonight AS (SELECT platform, actor, target, kind, n FROM {activity} WHERE ds = :day),
earlier AS (SELECT ds, platform, actor, target, kind, n FROM {activity} WHERE ds < :day),
acts AS (
  SELECT platform, CAST(sum(n) AS DOUBLE) AS n, CAST(sum(n) AS BIGINT) AS acts
  FROM tonight
  GROUP BY platform
  HAVING sum(n) >= :least
),
before AS (
  SELECT platform, count(DISTINCT ds) AS days, CAST(sum(n) AS DOUBLE) AS n
  FROM earlier
  GROUP BY platform
  HAVING count(DISTINCT ds) >= :least_days
),
actors AS (SELECT platform, actor AS who, CAST(sum(n) AS DOUBLE) AS n FROM tonight GROUP BY platform, actor),
targets AS (SELECT platform, target AS who, CAST(sum(n) AS DOUBLE) AS n FROM tonight GROUP BY platform, target),
actors_before AS (
  SELECT platform, actor AS who, count(DISTINCT ds) AS days, CAST(sum(n) AS DOUBLE) AS n
  FROM earlier
  GROUP BY platform, actor
),
targets_before AS (
  SELECT platform, target AS who, CAST(sum(n) AS DOUBLE) AS n FROM earlier GROUP BY platform, target
),
kinds AS (SELECT platform, kind, CAST(sum(n) AS DOUBLE) AS n FROM tonight GROUP BY platform, kind),
kinds_before AS (SELECT platform, kind, CAST(sum(n) AS DOUBLE) AS n FROM earlier GROUP BY platform, kind),
pairs AS (SELECT DISTINCT platform, actor, target FROM tonight),
pairs_before AS (
  SELECT DISTINCT e.platform, e.actor, e.target
  FROM earlier AS e
  LEFT SEMI JOIN pairs AS p ON p.platform = e.platform AND p.actor = e.actor AND p.target = e.target
),
in_common AS (
  SELECT e.ds, e.platform, CAST(sum(least(e.n, t.n)) AS DOUBLE) AS n
  FROM earlier AS e
  INNER JOIN tonight AS t
    ON t.platform = e.platform AND t.actor = e.actor AND t.target = e.target AND t.kind = e.kind
  GROUP BY e.ds, e.platform
),
newcomers AS (
  SELECT t.platform, t.target, count(DISTINCT t.actor) AS n
  FROM tonight AS t
  LEFT ANTI JOIN actors_before AS b ON b.platform = t.platform AND b.who = t.actor
  GROUP BY t.platform, t.target
),
exact AS (
  SELECT ds, ds = :day AS is_tonight, platform, extract(HOUR FROM occurred_at) AS hour, occurred_at
  FROM {times}
  WHERE ds <= :day AND occurred_at IS NOT NULL
),
hours AS (
  SELECT
    is_tonight, platform, hour,
    CAST(count(*) AS DOUBLE) / sum(count(*)) OVER (PARTITION BY is_tonight, platform) AS share,
    sum(count(*)) OVER (PARTITION BY is_tonight, platform) AS n
  FROM exact
  GROUP BY is_tonight, platform, hour
),
-- Pearson's chi-square of the days before: Σ (acts - expected)² / expected = Σ acts² / expected - all acts.
each_day AS (
  SELECT platform, ds, hour, CAST(count(*) AS DOUBLE) AS acts, CAST(sum(count(*)) OVER (PARTITION BY platform, ds) AS DOUBLE) AS of_day
  FROM exact
  WHERE NOT is_tonight
  GROUP BY platform, ds, hour
),
dispersed AS (
  SELECT
    d.platform,
    greatest(1e0, (sum(d.acts * d.acts / (d.of_day * h.share)) - sum(d.acts))
      / nullif(CAST((count(DISTINCT d.ds) - 1) * (count(DISTINCT d.hour) - 1) AS DOUBLE), 0e0)) AS times
  FROM each_day AS d
  INNER JOIN hours AS h ON NOT h.is_tonight AND h.platform = d.platform AND h.hour = d.hour
  GROUP BY d.platform
),
moments AS (
  SELECT platform, occurred_at, count(*) AS n FROM exact WHERE is_tonight GROUP BY platform, occurred_at
),
on_posts AS (
  SELECT
    n.platform,
    CASE WHEN p.post_key IS NULL THEN 0e0 ELSE 1e0 END AS is_known,
    CASE WHEN p.author_key = n.target THEN 1e0 WHEN p.author_key IS NOT NULL THEN 0e0 END AS on_author,
    CASE WHEN n.occurred_at >= p.posted_at THEN 1e0 WHEN n.occurred_at < p.posted_at THEN 0e0 END AS after_post
  FROM {named} AS n
  INNER JOIN (SELECT DISTINCT platform FROM {posts} WHERE posted_at IS NOT NULL) AS shown ON shown.platform = n.platform
  LEFT JOIN (
    SELECT platform, post_key, max(author_key) AS author_key, min(posted_at) AS posted_at
    FROM {posts}
    GROUP BY platform, post_key
  ) AS p ON p.platform = n.platform AND p.post_key = n.post_key
),
found AS (
  SELECT platform, 'posts_known' AS metric, 'kept' AS unit, avg(is_known) AS value, count(*) AS n
  FROM on_posts
  GROUP BY platform
  UNION ALL
  SELECT platform, 'on_author', 'kept', avg(on_author), count(on_author)
  FROM on_posts
  GROUP BY platform
  HAVING count(on_author) >= :least
  UNION ALL
  SELECT platform, 'after_post', 'kept', avg(after_post), count(after_post)
  FROM on_posts
  GROUP BY platform
  HAVING count(after_post) >= :least
  UNION ALL
  SELECT a.platform, 'actors_seen', 'kept', avg(CASE WHEN b.who IS NULL THEN 0e0 ELSE 1e0 END), count(*)
  FROM actors AS a
  LEFT JOIN actors_before AS b ON b.platform = a.platform AND b.who = a.who
  GROUP BY a.platform
  UNION ALL
  SELECT t.platform, 'targets_seen', 'kept', avg(CASE WHEN b.who IS NULL THEN 0e0 ELSE 1e0 END), count(*)
  FROM targets AS t
  LEFT JOIN targets_before AS b ON b.platform = t.platform AND b.who = t.who
  GROUP BY t.platform
  UNION ALL
  SELECT p.platform, 'pairs_seen', 'kept', avg(CASE WHEN b.actor IS NULL THEN 0e0 ELSE 1e0 END), count(*)
  FROM pairs AS p
  LEFT JOIN pairs_before AS b ON b.platform = p.platform AND b.actor = p.actor AND b.target = p.target
  GROUP BY p.platform
  UNION ALL
  SELECT a.platform, 'actors_alike', 'kept', sum(sqrt(a.n * coalesce(b.n, 0e0)) / sqrt(s.n * w.n)), count(*)
  FROM actors AS a
  INNER JOIN acts AS s ON s.platform = a.platform
  INNER JOIN before AS w ON w.platform = a.platform
  LEFT JOIN actors_before AS b ON b.platform = a.platform AND b.who = a.who
  GROUP BY a.platform
  UNION ALL
  SELECT t.platform, 'targets_alike', 'kept', sum(sqrt(t.n * coalesce(b.n, 0e0)) / sqrt(s.n * w.n)), count(*)
  FROM targets AS t
  INNER JOIN acts AS s ON s.platform = t.platform
  INNER JOIN before AS w ON w.platform = t.platform
  LEFT JOIN targets_before AS b ON b.platform = t.platform AND b.who = t.who
  GROUP BY t.platform
  UNION ALL
  SELECT b.platform, 'regulars_missing', 'moved', avg(CASE WHEN a.who IS NULL THEN 1e0 ELSE 0e0 END), count(*)
  FROM actors_before AS b
  INNER JOIN before AS w ON w.platform = b.platform AND b.days * 5 >= w.days * 4
  LEFT JOIN actors AS a ON a.platform = b.platform AND a.who = b.who
  GROUP BY b.platform
  UNION ALL
  SELECT s.platform, 'kinds_differ', 'moved', sum(abs(coalesce(k.n, 0e0) / s.n - coalesce(b.n, 0e0) / w.n)) / 2e0, max(s.acts)
  FROM kinds AS k
  FULL JOIN kinds_before AS b ON b.platform = k.platform AND b.kind = k.kind
  INNER JOIN acts AS s ON s.platform = coalesce(k.platform, b.platform)
  INNER JOIN before AS w ON w.platform = s.platform
  GROUP BY s.platform
  UNION ALL
  SELECT s.platform, 'repeated_share', 'moved', coalesce(max(o.n), 0e0) / s.n, max(s.acts)
  FROM acts AS s
  LEFT JOIN in_common AS o ON o.platform = s.platform
  GROUP BY s.platform, s.n
  UNION ALL
  SELECT t.platform, 'one_target', 'moved', max(t.n / s.n), max(s.acts)
  FROM targets AS t
  INNER JOIN acts AS s ON s.platform = t.platform
  GROUP BY t.platform
  UNION ALL
  SELECT a.platform, 'newcomers_one_target', 'moved', coalesce(max(w.n), 0) / CAST(a.n AS DOUBLE), a.n
  FROM (SELECT platform, count(*) AS n FROM actors GROUP BY platform) AS a
  LEFT JOIN newcomers AS w ON w.platform = a.platform
  GROUP BY a.platform, a.n
  UNION ALL
  SELECT coalesce(h.platform, b.platform), 'hours_differ', 'moved',
    sum(abs(coalesce(h.share, 0e0) - coalesce(b.share, 0e0))) / 2e0,
    CAST(greatest(1e0, round(max(h.n) * max(b.n) / (max(h.n) + max(b.n)) / coalesce(max(s.times), 1e0))) AS BIGINT)
  FROM (SELECT * FROM hours WHERE is_tonight) AS h
  FULL JOIN (SELECT * FROM hours WHERE NOT is_tonight) AS b ON b.platform = h.platform AND b.hour = h.hour
  LEFT JOIN dispersed AS s ON s.platform = coalesce(h.platform, b.platform)
  GROUP BY coalesce(h.platform, b.platform)
  HAVING count(h.hour) > 0 AND count(b.hour) > 0
  UNION ALL
  SELECT platform, 'one_moment', 'moved', max(n) / CAST(sum(n) AS DOUBLE), CAST(sum(n) AS BIGINT)
  FROM moments
  GROUP BY platform
)
SELECT 'day' AS dataset, f.platform, f.metric, f.unit, least(f.value, 1e0) AS value, f.n
FROM found AS f
INNER JOIN acts ON acts.platform = f.platform
LEFT JOIN before AS w ON w.platform = f.platform
WHERE w.platform IS NOT NULL OR f.metric IN ('one_target', 'one_moment', 'posts_known', 'on_author', 'after_post')
