-- Weights: the ties, how far each actor is trusted, and what each tie is worth when people count by how influential they are.
-- Meaning: weight = the platform's share of credibility * q, see ties.sql: how far the tie counts before the bounds of capped_audience.sql.
--   t(a): the trust that others' acts give the actor, in people (engine/trust_flow.py); an act of a passes on
--     g(a) = min(1, trust_share * min(seed_trust, t(a)) / max(acts_divided, people a acted on)).
--   tau(a,u) = min(1, t(a) - g(u), if u acted on a): what u gave to a does not count for u. 1 where no platform has a single
--     seed and nothing tells people apart: there is no defence. A platform without a seed beside one that has some is no way
--     round them: trust is a person's, on whatever platform they act.
--   trusted_weight = weight * tau. unvouched = weight * (1 - tau) * matured, matured: see ties.sql. unvouched_influential: the same by
--   influence. named: whether the operator named seeds on the platform; where it has none, whether they named all that there are.
--   influential = weight * pct(a) / 100, pct: the actor's percentile of r on the model's frozen reference. trusted: whether tau > 0; NULL where there is no seed at all. seed: whether the target is one.
-- Unit: people; influential: people of the highest percentile. Grain: one row per variant, platform, actor, target.
-- Source: sql/v2/README.md.
-- Inputs: {ties}, see ties.sql; {variants}; {trust} (variant, person_id, trust, gives, seed); {ranks} (variant, person_id, pct);
--   {seeds} (variant, platform, person_id, named), see seeds.sql
-- Split: {ties} by target; rows by target
-- Parameters: none
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
WITH seeded AS (
  SELECT variant, platform, bool_or(named) AS named FROM {seeds} GROUP BY variant, platform
),
defended AS (
  SELECT variant, bool_and(named) AS named FROM {seeds} GROUP BY variant
),
-- One join of all ties with what is known of their actors.
actors AS (
  SELECT
    v.variant, v.strengths_from, t.person_id, t.trust, r.pct, d.variant IS NOT NULL AS is_defended,
    coalesce(d.named, false) AS all_named
  FROM {trust} AS t
  INNER JOIN {ranks} AS r ON r.variant = t.variant AND r.person_id = t.person_id
  INNER JOIN {variants} AS v ON v.strengths_from = t.variant
  LEFT JOIN defended AS d ON d.variant = t.variant
),
trusting AS (
  SELECT
    p.*, a.strengths_from, a.pct, a.is_defended, a.all_named,
    CASE WHEN a.is_defended
      THEN least(1e0, greatest(0e0, a.trust - CASE WHEN p.acted_back THEN u.gives ELSE 0e0 END)) ELSE 1e0 END AS tau,
    coalesce(u.seed, false) AS seed
  FROM {ties} AS p
  INNER JOIN actors AS a ON a.variant = p.variant AND a.person_id = p.actor
  INNER JOIN {trust} AS u ON u.variant = a.strengths_from AND u.person_id = p.target
)
SELECT
  t.variant, t.platform, t.actor, t.target, t.strength, t.share, t.interactions, t.first_day, t.last_day, t.only_day,
  t.influence_probability, t.credibility, t.weight, t.targets,
  t.weight * t.tau AS trusted_weight,
  t.weight * (1e0 - t.tau) * t.matured AS unvouched,
  coalesce(s.named, t.all_named) AS named,
  t.weight * (1e0 - t.tau) * t.matured * t.pct / 100e0 AS unvouched_influential,
  t.weight * t.pct / 100e0 AS influential,
  t.weight * t.tau * t.pct / 100e0 AS trusted_influential,
  CASE WHEN t.is_defended THEN t.tau > 0e0 END AS trusted,
  t.seed
FROM trusting AS t
LEFT JOIN seeded AS s ON s.variant = t.strengths_from AND s.platform = t.platform
