-- Network Influence: how influential the people are whom a person moves.
-- Meaning: (prior_people * prior_pct + 100 * influential_people) / (prior_people + True Reach)
--   influential_people = what counts of the sum over actors of weight * pct(a) / 100, see weights.sql and capped_audience.sql.
--   A mean falls when one more ordinary person is moved. So the score takes this sum instead, which does not.
-- Unit: percentile, 0 to 100; influential_people: people of the highest percentile. Grain: one row per variant, platform, person_id.
-- Source: sql/README.md, Method, step 9.
-- Inputs: {capped_audience}, see capped_audience.sql
-- Split: {capped_audience} by person_id; rows by person_id
-- Parameters:
--   prior_people DOUBLE  how many average people everybody is credited with
--   prior_pct DOUBLE     their percentile
-- Run: .venv/bin/python jobs/network.py --day 2026-03-14
SELECT
  variant, platform, person_id,
  (:prior_people * :prior_pct + 100e0 * influential) / (:prior_people + people) AS network_influence,
  influential AS influential_people,
  influential_cut
FROM {capped_audience}
