-- Platforms: what each configured platform shows, of anybody: posts, and who acts on whom.
-- Meaning: decides which features a person can have there, see platform_score.sql. Posts that pass by because somebody reacted to
--   them are not what a platform shows of anybody: those count that were read in their author's own feed.
-- Grain: one row per platform.
-- Inputs: {sources} (platform), all that are configured; {posts} (platform, from_feed) and {daily_engagement} of the stored days
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT s.platform, p.platform IS NOT NULL AS shows_posts, a.platform IS NOT NULL AS shows_people
FROM {sources} AS s
LEFT JOIN (SELECT DISTINCT platform FROM {posts} WHERE from_feed) AS p ON p.platform = s.platform
LEFT JOIN (SELECT DISTINCT platform FROM {daily_engagement}) AS a ON a.platform = s.platform
