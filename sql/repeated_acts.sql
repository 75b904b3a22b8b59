-- Repeated acts: the daily engagement of all other pairs of people than those of once_acted.sql.
-- Meaning: what they did on several days is added up in each variant of the evidence.
-- Grain: one row per ds, platform, actor, target.
-- Inputs: {daily_engagement}, see daily_engagement.sql; {once_acted}, see once_acted.sql
-- Split: {daily_engagement} by actor, {once_acted} by actor; rows by actor then target
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT d.*
FROM {daily_engagement} AS d
ANTI JOIN {once_acted} AS o ON o.platform = d.platform AND o.actor = d.actor AND o.target = d.target
