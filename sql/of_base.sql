-- Of base: what a variant has of people whose evidence is that of another variant: the same rows.
-- Meaning: a variant that differs from its base by few people's evidence is computed of these alone.
-- Grain: one row per variant, and what else the rows of the base have one for.
-- Inputs: {base_rows} (variant, person_id, ...): a table of the base; {changed_back} (person_id): of whom it does not hold; {variants}
-- Split: {base_rows} by person_id; rows by person_id
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT b.* REPLACE (v.variant AS variant)
FROM {base_rows} AS b
CROSS JOIN {variants} AS v
ANTI JOIN {changed_back} AS c ON c.person_id = b.person_id
