-- Outgoing weights: who moved each person, as of the score date.
-- Meaning: what influences.sql reads of the weights by who acted. Of all else they are read by who was acted on.
-- Unit: influence_probability a share. Grain: one row per variant, platform, actor, target. Variant `now` only.
-- Inputs: {weights}, see weights.sql
-- Split: {weights} by target; rows by target then actor
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT variant, platform, actor, target, influence_probability, interactions, last_day FROM {weights} WHERE variant = 'now'
