-- Changed strengths: of a base's tie strengths those towards people who acted back otherwise, whose ties are computed anew.
-- Meaning: towards everybody else the variant's ties are the base's.
-- Grain: one row per variant, platform, actor, target.
-- Inputs: {tie_strengths}, see tie_strengths.sql; {changed_back}, see changed_back.sql
-- Split: {tie_strengths} by actor; rows by actor then target
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT s.* FROM {tie_strengths} AS s SEMI JOIN {changed_back} AS c ON c.person_id = s.target
