-- Topic spans: since when and until when there is evidence of anybody, once for each topic.
-- Meaning: capped_audience.sql asks it by variant: a bound of a topic comes into force on the day on which that of reach does.
--   seed: whether the person is one; seeded: whether their platform has any.
-- Grain: one row per variant (the topic), person_id, platform.
-- Inputs: {topic_weights}; {audience}, see audience.sql
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT t.variant, t.person_id, s.platform, s.first_day, s.last_day, coalesce(p.seed, false) AS seed, coalesce(p.seeded, false) AS seeded
FROM (SELECT DISTINCT variant, target AS person_id FROM {topic_weights}) AS t
CROSS JOIN (
  SELECT platform, min(first_day) AS first_day, max(last_day) AS last_day FROM {audience} WHERE variant = 'now' GROUP BY platform
) AS s
LEFT JOIN {audience} AS p ON p.variant = 'now' AND p.platform = s.platform AND p.person_id = t.person_id
