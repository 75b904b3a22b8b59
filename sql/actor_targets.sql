-- Actor targets: on how many distinct people each actor acted on a platform.
-- Meaning: whose acts go to many gives each of them a part of a vote only, and is not there for one person alone.
-- Unit: people. Grain: one row per variant, platform, actor.
-- Inputs: {tie_strengths}, see tie_strengths.sql
-- Split: {tie_strengths} by actor; rows by actor
-- Parameters: none
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
SELECT variant, platform, actor, count(*) AS targets FROM {tie_strengths} GROUP BY variant, platform, actor
