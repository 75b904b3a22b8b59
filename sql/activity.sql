-- Activity: who acted on whom, how, and how often, on one day. All later evidence is read from here.
-- Meaning: n interactions of one kind by actor on target; n_posts the distinct posts they were on, NULL where none is named.
-- Unit: interactions. Grain: one row per ds, actor, target, platform, kind.
-- Inputs: {classified}
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
SELECT
  ds, platform, actor, target, kind,
  count(*) AS n,
  nullif(count(DISTINCT post_key), 0) AS n_posts
FROM {classified}
WHERE disposition = 'kept'
GROUP BY ds, platform, actor, target, kind
