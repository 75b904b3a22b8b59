-- Known topics: what acts on posts are counted for: topics that may be named, and the operator's brands.
-- Meaning: a brand's topic_id is `brand:` and its slug. Brands are no topics that anybody is known for; see advocates.sql.
-- Grain: one row per topic_id.
-- Inputs: {topics}, see topics.sql; {brands} (brand)
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT topic_id FROM {topics} WHERE NOT is_sensitive
UNION ALL
SELECT DISTINCT concat('brand:', brand) AS topic_id FROM {brands}
