-- Gone posts: posts of which a snapshot says that they were deleted at their source.
-- Meaning: one word is enough: what was deleted once counts no more, whatever other snapshots say.
-- Grain: one row per platform, post_key.
-- Inputs: {posts} of the window
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT DISTINCT platform, post_key FROM {posts} WHERE is_deleted AND post_key IS NOT NULL
