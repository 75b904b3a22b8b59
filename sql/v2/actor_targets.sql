-- Actor targets: on how many distinct people each actor acted, over all platforms together.
-- Meaning: whose acts go to many gives each of them a part of a vote only, and is not there for one person alone.
--   platforms: on how many the actor acted.
-- Unit: people. Grain: one row per variant, platform, actor.
-- Source: sql/v2/README.md.
-- Inputs: {tie_strengths}, see tie_strengths.sql
-- Split: {tie_strengths} by actor; rows by actor
-- Parameters: none
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
WITH ties AS (
  SELECT variant, platform, actor, count(*) AS ties FROM {tie_strengths} GROUP BY variant, platform, actor
),
actors AS (
  SELECT variant, actor, CAST(sum(ties) AS BIGINT) AS ties, count(*) AS platforms FROM ties GROUP BY variant, actor
),
-- A target of two platforms is one person: of actors of several the ties are counted, less those that are one person's again.
again AS (
  SELECT variant, actor, CAST(sum(platforms - 1) AS BIGINT) AS again
  FROM (
    SELECT s.variant, s.actor, s.target, count(*) AS platforms
    FROM {tie_strengths} AS s
    SEMI JOIN (SELECT variant, actor FROM actors WHERE platforms > 1) AS a ON a.variant = s.variant AND a.actor = s.actor
    GROUP BY s.variant, s.actor, s.target
  ) AS each_target
  GROUP BY variant, actor
)
SELECT t.variant, t.platform, t.actor, a.ties - coalesce(m.again, 0) AS targets, a.platforms
FROM ties AS t
INNER JOIN actors AS a ON a.variant = t.variant AND a.actor = t.actor
LEFT JOIN again AS m ON m.variant = t.variant AND m.actor = t.actor
