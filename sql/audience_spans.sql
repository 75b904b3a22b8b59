-- Audience spans: from which day to which the evidence of a platform reaches.
-- Meaning: the first and the last day on which anybody acted on anybody there.
-- Grain: one row per variant, platform.
-- Inputs: {audience}, see audience.sql, of all
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT variant, platform, min(first_day) AS first_day, max(last_day) AS last_day
FROM {audience}
GROUP BY variant, platform
