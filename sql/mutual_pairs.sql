-- Mutual pairs: who acted on whom, of people who acted on each other on any stored day, on whatever platforms.
-- Meaning: acts back lower a tie, and most ties have none: these are all in which a variant can find any.
-- Grain: one row per actor, target.
-- Inputs: {daily_engagement}, see daily_engagement.sql; {acts_back}: the same
-- Split: {daily_engagement} by actor, {acts_back} by target; rows by actor
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT DISTINCT a.actor, a.target
FROM {daily_engagement} AS a
SEMI JOIN {acts_back} AS b ON b.target = a.actor AND b.actor = a.target
