-- Edges: the graph of people on which trust and rank are computed, all platforms together, with the seeds marked.
-- Meaning: an edge leads from who acts to on whom; a row without a weight says that its actor is a seed. Only variants with
--   their own graph have edges. The weight is the actor's credibility if the tie has positive strength, else 0. Selectivity and
--   reciprocity are left out, so that an act towards one person cannot lower another's rank. A seed of one platform is one
--   everywhere: trust is a person's. platform is empty: the graph is of all.
-- Unit: credible people. Grain: one row per variant, actor, target; seeds: weight is NULL.
-- Inputs: {ties}, see ties.sql; {seeds}, see seeds.sql; {variants}
-- Split: {ties} by target, {seeds} by person_id
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT
  w.variant, '' AS platform, w.actor, w.target,
  CASE WHEN w.strength > 0e0 THEN w.credibility ELSE 0e0 END AS weight
FROM {ties} AS w
INNER JOIN {variants} AS v ON v.variant = w.variant AND v.variant = v.strengths_from
WHERE w.platforms = 1
UNION ALL
SELECT
  w.variant, '' AS platform, w.actor, w.target,
  max(CASE WHEN w.strength > 0e0 THEN w.credibility ELSE 0e0 END) AS weight
FROM {ties} AS w
INNER JOIN {variants} AS v ON v.variant = w.variant AND v.variant = v.strengths_from
WHERE w.platforms > 1
GROUP BY w.variant, w.actor, w.target
UNION ALL
-- NULL of whatever type people are of.
SELECT DISTINCT variant, '', person_id, nullif(person_id, person_id), CAST(NULL AS DOUBLE)
FROM {seeds}
