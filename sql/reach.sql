-- True Reach: how many people a person really moves.
-- Meaning: reach(u) = what counts of the sum over actors of weight(a, u) = credibility * q, see capped_audience.sql.
--   One person repeating counts once at most. reach_cut: what does not count; reach_held_back: of it, what the bounds cut. trusted_evidence: the part of trusted actors.
--   people: distinct actors; credible_people: the credible of them.
-- Unit: people. Grain: one row per variant, platform, person_id.
-- Source: sql/README.md, Method, step 7.
-- Inputs: {capped_audience}, see capped_audience.sql; {audience}, see audience.sql
-- Split: {capped_audience} by person_id, {audience} by person_id; rows by person_id
-- Parameters: none
-- Run: .venv/bin/python jobs/reach.py --day 2026-03-14
SELECT
  c.variant, c.platform, c.person_id,
  c.people AS true_reach,
  c.people_cut AS reach_cut,
  c.people_held_back AS reach_held_back,
  c.trusted_people AS trusted_evidence,
  p.people, p.credible_people, p.last_day
FROM {capped_audience} AS c
INNER JOIN {audience} AS p ON p.variant = c.variant AND p.platform = c.platform AND p.person_id = c.person_id
