-- Changed back: who acted back otherwise in one variant than in another, so that ties to them differ.
-- Meaning: a variant that ignores what people did lately has the ties of its base to all others.
-- Grain: one row per person_id.
-- Inputs: {mutual_strengths} of the base, see mutual_strengths.sql; {reverse_strengths}: those that stand in their place
-- Split: {mutual_strengths} by actor, {reverse_strengths} by actor; rows by person_id
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT DISTINCT coalesce(b.actor, r.actor) AS person_id
FROM {mutual_strengths} AS b
FULL JOIN {reverse_strengths} AS r ON r.platform = b.platform AND r.actor = b.actor AND r.target = b.target
WHERE r.strength IS DISTINCT FROM b.strength
