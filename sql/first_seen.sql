-- First seen: how a day's interactions were divided when the lake first had them: what a first night is held against.
-- Meaning: pair: the acts of those pairs of actor and target whose names fall into the same drawer; kind: those of a kind. What
--   stays has as many acts in each drawer, what is swapped, renamed, shuffled or lost has not, and no drawer says whose acts
--   it holds. A platform's day has so many drawers that up to 16 acts fall into one.
-- Unit: acts. Grain: one row per ds, platform, side, drawer with acts.
-- Inputs: {activity} (ds, platform, actor, target, kind, n)
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH sized AS (
  SELECT
    ds, platform,
    CASE WHEN sum(n) < 4096 THEN 2 WHEN sum(n) < 65536 THEN 3 WHEN sum(n) < 1048576 THEN 4 ELSE 5 END AS digits
  FROM {activity}
  GROUP BY ds, platform
)
SELECT
  a.ds, a.platform, 'pair' AS side, substr(sha2(concat(a.actor, ' ', a.target), 256), 1, s.digits) AS drawer,
  CAST(sum(a.n) AS BIGINT) AS acts
FROM {activity} AS a
INNER JOIN sized AS s ON s.ds = a.ds AND s.platform = a.platform
GROUP BY a.ds, a.platform, substr(sha2(concat(a.actor, ' ', a.target), 256), 1, s.digits)
UNION ALL
SELECT ds, platform, 'kind', kind, CAST(sum(n) AS BIGINT)
FROM {activity}
GROUP BY ds, platform, kind
