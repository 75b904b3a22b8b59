-- Post actions: posts that somebody else passed on or answered, and who. Evidence of amplification.
-- Meaning: actor shared, quoted or replied to post_key on the day ds, at least once.
-- Grain: one row per ds, post_key, actor.
-- Inputs: {classified}
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
SELECT DISTINCT ds, platform, post_key, actor
FROM {classified}
WHERE disposition = 'kept' AND post_key IS NOT NULL AND kind IN ('share', 'quote', 'reply')
