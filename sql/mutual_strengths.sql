-- Mutual strengths: of a variant's tie strengths those of people who acted on each other.
-- Meaning: acts back are looked up in these: far fewer than all ties.
-- Grain: one row per variant, platform, actor, target.
-- Inputs: {tie_strengths}, see tie_strengths.sql; {mutual_pairs}, see mutual_pairs.sql
-- Split: {tie_strengths} by actor, {mutual_pairs} by actor; rows by actor then target
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT s.* FROM {tie_strengths} AS s SEMI JOIN {mutual_pairs} AS m ON m.actor = s.actor AND m.target = s.target
