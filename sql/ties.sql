-- Ties: how surely one person moves another, over the window.
-- Meaning:  R(a,u) = min(1, S(u,a) / S(a,u))                              reciprocity, 0 when one-sided; S: tie_strengths.sql
--           q(a,u) = (1 - e^(-S / kappa)) * (1 - rho * R)                 in [0, 1); rises with S(a,u)
--   A variant without strengths of its own reads those of strengths_from; one that ignores u's own acts reads the reverse
--   strength S(u,a) from reverse_from. weight: credibility * q, before trust is applied. targets: on how many distinct
--   people the actor acted.
-- Unit: q a share, 0 to 1. Grain: one row per variant, platform, actor, target.
-- Source: sql/README.md, Method, step 3. With R = min / max of both strengths, as first designed, acting more on u could lower q.
-- Inputs: {tie_strengths} of the variants' bases, {reverse_strengths}: of those whose S(u,a) they take, see tie_strengths.sql; {variants};
--   {credibility} (evaluated_on, platform, person_id, credibility); {actor_targets}, see actor_targets.sql
-- Split: {tie_strengths} by target, {reverse_strengths} by actor; rows by target
-- Parameters:
--   kappa DOUBLE  saturation
--   rho DOUBLE    reciprocity discount
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
SELECT *, credibility * influence_probability AS weight
FROM (
  SELECT
    a.variant, s.platform, s.actor, s.target, s.strength, s.interactions, s.first_day, s.last_day,
    (1e0 - exp(-s.strength / :kappa))
      * (1e0 - :rho * coalesce(least(s.strength, coalesce(back.strength, 0e0)) / nullif(s.strength, 0e0), 0e0)) AS influence_probability,
    a.credibility,
    a.targets
  FROM {tie_strengths} AS s
  -- One join of all ties with what is known of their actors.
  INNER JOIN (
    SELECT
      v.variant, v.strengths_from, v.reverse_from, busy.platform, busy.actor, busy.targets, coalesce(c.credibility, 1e0) AS credibility
    FROM {actor_targets} AS busy
    INNER JOIN {variants} AS v ON v.strengths_from = busy.variant
    LEFT JOIN {credibility} AS c
      ON c.evaluated_on = v.evaluated_on AND c.platform = busy.platform AND c.person_id = busy.actor
  ) AS a ON a.strengths_from = s.variant AND a.platform = s.platform AND a.actor = s.actor
  LEFT JOIN {reverse_strengths} AS back
    ON back.variant = a.reverse_from AND back.platform = s.platform AND back.actor = s.target AND back.target = s.actor
) AS influence_weights
