-- Feeds: the accounts whose own feed of posts a platform shows.
-- Meaning: of whom only single posts were seen, such as those that others answered, nothing says how many more there are.
-- Grain: one row per platform, author_key.
-- Inputs: {posts} of the window, with platform and from_feed
-- Parameters: none
-- Run: .venv/bin/python jobs/amplification.py --day 2026-03-14
SELECT DISTINCT platform, author_key FROM {posts} WHERE from_feed
