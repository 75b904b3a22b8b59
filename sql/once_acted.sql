-- Once acted: the acts of pairs of people who acted on one stored day only, of whose days there is nothing to add up.
-- Meaning: most pairs are of that kind, and every variant of the evidence reads all pairs: so they are found once for all.
--   In the order of those acted on, by whom all later sums are: what lies together is summed in half the time.
-- Unit: that of daily_engagement.sql. Grain: one row per platform, actor, target.
-- Inputs: {daily_engagement}, see daily_engagement.sql
-- Split: {daily_engagement} by actor; rows by actor then target
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT min(ds) AS ds, platform, actor, target, min(n) AS n, min(engagement_weight) AS engagement_weight
FROM {daily_engagement}
GROUP BY platform, actor, target
HAVING count(*) = 1
ORDER BY target
