-- Actor targets: on how many distinct people each actor acted, over all platforms together.
-- Meaning: whose acts go to many gives each of them a part of a vote only, and is not there for one person alone.
-- Unit: people. Grain: one row per variant, actor.
-- Source: sql/v2/README.md.
-- Inputs: {strengths}, see strengths.sql
-- Split: {strengths} by actor; rows by actor
-- Parameters: none
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
-- A target of two platforms is one person. Few are: so the ties are counted, less those that are one person's again.
WITH more AS (
  SELECT variant, actor, CAST(sum(platforms - 1) AS BIGINT) AS more
  FROM (SELECT variant, actor, target, count(*) AS platforms FROM {strengths} GROUP BY variant, actor, target HAVING count(*) > 1) AS several
  GROUP BY variant, actor
)
SELECT s.variant, s.actor, s.ties - coalesce(m.more, 0) AS targets
FROM (SELECT variant, actor, count(*) AS ties FROM {strengths} GROUP BY variant, actor) AS s
LEFT JOIN more AS m ON m.variant = s.variant AND m.actor = s.actor
