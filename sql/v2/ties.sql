-- Ties: how surely one person moves another, over all platforms together, and each platform's share of it.
-- Meaning:  S(a,u) = sum of the platforms' strengths           one audience a person: nobody counts once a platform
--           R(a,u) = min(1, S(u,a) / S(a,u))                    reciprocity, 0 when one-sided
--           q(a,u) = (1 - e^-S) * (1 - rho * R)                 in [0, 1); rises with S(a,u)
--           weight = credibility * q * S_p / S                  the platform's share; the shares of a tie sum to credibility * q
--   credibility: of the accounts with which the actor acted on this person, the most credible. platforms: on how many that was.
--   targets: on how many distinct people the actor acted. matured: how far the actor is old enough to count without anybody's word: 0 up to unvouched_from_days
--   of age, 1 from unvouched_full_days on or where no age is shown; of several accounts the oldest. acted_back: whether the person acted on the actor, too. only_day: the day, where all acts on this
--   person fall on one.
--   A variant without strengths of its own reads those of strengths_from; one that ignores u's own acts reads the reverse
--   strength S(u,a) from reverse_from.
-- Unit: q a share, 0 to 1. Grain: one row per variant, platform, actor, target.
-- Source: sql/v2/README.md.
-- Inputs: {tie_strengths} of the variants' bases, {reverse_strengths}: of those whose S(u,a) they take, see tie_strengths.sql; {variants};
--   {credibility} (evaluated_on, platform, person_id, credibility, created_on); {actor_targets}, see actor_targets.sql
-- Split: {tie_strengths} by target, {reverse_strengths} by actor; rows by target
-- Parameters:
--   rho DOUBLE                  reciprocity discount
--   unvouched_from_days DOUBLE  age up to which somebody counts by others' word only
--   unvouched_full_days DOUBLE  and from which they count without it
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
WITH actors AS (
  SELECT
    v.variant, v.strengths_from, v.reverse_from, a.platform, a.actor, a.targets, a.platforms,
    coalesce(c.credibility, 1e0) AS credibility,
    -- least and greatest pass over NULL: an unknown age must be asked for.
    CASE WHEN c.created_on IS NULL THEN 1e0
      ELSE least(1e0, greatest(0e0, (unix_date(v.evaluated_on) - unix_date(c.created_on) - :unvouched_from_days)
        / (:unvouched_full_days - :unvouched_from_days))) END AS matured
  FROM {actor_targets} AS a
  INNER JOIN {variants} AS v ON v.strengths_from = a.variant
  LEFT JOIN {credibility} AS c
    ON c.evaluated_on = v.evaluated_on AND c.platform = a.platform AND c.person_id = a.actor
),
-- Few actors are on several platforms: only their ties are grouped, and joined again.
united AS (
  SELECT
    a.variant, s.actor, s.target, count(*) AS platforms,
    CAST(sum(CAST(s.strength AS DECIMAL(24, 12))) AS DOUBLE) AS strength,
    max(a.credibility) AS credibility, max(a.matured) AS matured,
    CASE WHEN min(s.first_day) = max(s.last_day) THEN max(s.last_day) END AS only_day
  FROM {tie_strengths} AS s
  INNER JOIN actors AS a
    ON a.strengths_from = s.variant AND a.platform = s.platform AND a.actor = s.actor AND a.platforms > 1
  GROUP BY a.variant, s.actor, s.target
  HAVING count(*) > 1
),
several AS (
  SELECT variant, actor FROM {reverse_strengths} GROUP BY variant, actor HAVING min(platform) < max(platform)
),
back AS (
  SELECT r.variant, r.actor, r.target, r.strength
  FROM {reverse_strengths} AS r
  ANTI JOIN several AS m
    ON m.variant = r.variant AND m.actor = r.actor
  UNION ALL
  SELECT r.variant, r.actor, r.target, CAST(sum(CAST(r.strength AS DECIMAL(24, 12))) AS DOUBLE) AS strength
  FROM {reverse_strengths} AS r
  SEMI JOIN several AS m
    ON m.variant = r.variant AND m.actor = r.actor
  GROUP BY r.variant, r.actor, r.target
),
both_ways AS (
  SELECT
    a.variant, s.platform, s.actor, s.target,
    coalesce(u.strength, s.strength) AS strength, s.interactions, s.first_day, s.last_day,
    CASE WHEN u.platforms IS NOT NULL THEN u.only_day WHEN s.first_day = s.last_day THEN s.last_day END AS only_day,
    coalesce(u.credibility, a.credibility) AS credibility,
    coalesce(u.matured, a.matured) AS matured,
    coalesce(u.platforms, 1) AS platforms,
    a.targets, s.strength AS of_platform, back.strength AS strength_back
  FROM {tie_strengths} AS s
  INNER JOIN actors AS a ON a.strengths_from = s.variant AND a.platform = s.platform AND a.actor = s.actor
  LEFT JOIN united AS u ON u.variant = a.variant AND u.actor = s.actor AND u.target = s.target
  LEFT JOIN back ON back.variant = a.reverse_from AND back.actor = s.target AND back.target = s.actor
),
counted AS (
  SELECT
    *,
    (1e0 - exp(-strength))
      * (1e0 - :rho * coalesce(least(strength, coalesce(strength_back, 0e0)) / nullif(strength, 0e0), 0e0)) AS influence_probability,
    coalesce(of_platform / nullif(strength, 0e0), 0e0) AS share
  FROM both_ways
)
SELECT
  variant, platform, actor, target,
  strength, interactions, first_day, last_day, only_day,
  influence_probability, credibility, matured, targets, platforms, strength_back IS NOT NULL AS acted_back,
  share,
  credibility * influence_probability * share AS weight
FROM counted
