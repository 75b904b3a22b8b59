-- Pairs: how surely one person moves another, over all platforms together, and each platform's share of it.
-- Meaning:  S(a,u) = sum of the platforms' strengths           one audience a person: nobody counts once a platform
--           R(a,u) = min(1, S(u,a) / S(a,u))                    reciprocity, 0 when one-sided
--           q(a,u) = (1 - e^-S) * (1 - rho * R)                 in [0, 1); rises with S(a,u)
--           weight = credibility * q * S_p / S                  the platform's share; the shares of a pair sum to credibility * q
--   credibility: of the accounts with which the actor acted on this person, the most credible. targets: on how many distinct
--   people the actor acted. matured: how far the actor is old enough to count without anybody's word: 0 up to unvouched_from_days
--   of age, 1 from unvouched_full_days on or where no age is shown; of several accounts the oldest. acted_back: whether the person acted on the actor, too. only_day: the day, where all acts on this
--   person fall on one.
--   A variant without strengths of its own reads those of strengths_from; one that ignores u's own acts reads the reverse
--   strength S(u,a) from reverse_from.
-- Unit: q a share, 0 to 1. Grain: one row per variant, platform, actor, target.
-- Source: sql/v2/README.md.
-- Inputs: {strengths} of the variants' bases, {reverse_strengths}: of those whose S(u,a) they take, see strengths.sql; {variants};
--   {credibility} (evaluated_on, platform, person_id, credibility, created_on); {actor_targets}, see actor_targets.sql
-- Split: {strengths} by target, {reverse_strengths} by actor; rows by target then actor
-- Parameters:
--   rho DOUBLE                  reciprocity discount
--   unvouched_from_days DOUBLE  age up to which somebody counts by others' word only
--   unvouched_full_days DOUBLE  and from which they count without it
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
WITH known AS (
  SELECT
    v.variant, v.strengths_from, v.reverse_from, s.platform, s.actor, s.target, s.strength, s.interactions, s.first_day, s.last_day,
    coalesce(c.credibility, 1e0) AS credibility,
    -- least and greatest pass over NULL: an unknown age must be asked for.
    CASE WHEN c.created_on IS NULL THEN 1e0
      ELSE least(1e0, greatest(0e0, (unix_date(v.evaluated_on) - unix_date(c.created_on) - :unvouched_from_days)
        / (:unvouched_full_days - :unvouched_from_days))) END AS matured
  FROM {strengths} AS s
  INNER JOIN {variants} AS v ON v.strengths_from = s.variant
  LEFT JOIN {credibility} AS c
    ON c.evaluated_on = v.evaluated_on AND c.platform = s.platform AND c.person_id = s.actor
),
-- Few pairs act on several platforms: only those are grouped, and joined again.
several AS (
  SELECT variant, actor, target, count(*) AS platforms
  FROM {strengths}
  GROUP BY variant, actor, target
  HAVING count(*) > 1
),
united AS (
  SELECT
    k.variant, k.actor, k.target,
    CAST(sum(CAST(k.strength AS DECIMAL(24, 12))) AS DOUBLE) AS strength,
    max(k.credibility) AS credibility, max(k.matured) AS matured,
    CASE WHEN min(k.first_day) = max(k.last_day) THEN max(k.last_day) END AS only_day
  FROM known AS k
  INNER JOIN several AS s ON s.variant = k.strengths_from AND s.actor = k.actor AND s.target = k.target
  GROUP BY k.variant, k.actor, k.target
),
whole AS (
  SELECT
    k.variant, k.strengths_from, k.reverse_from, k.platform, k.actor, k.target, k.interactions, k.first_day, k.last_day,
    k.strength AS of_platform, k.strength, k.credibility, k.matured,
    CASE WHEN k.first_day = k.last_day THEN k.last_day END AS only_day
  FROM known AS k
  ANTI JOIN several AS s ON s.variant = k.strengths_from AND s.actor = k.actor AND s.target = k.target
  UNION ALL
  SELECT
    k.variant, k.strengths_from, k.reverse_from, k.platform, k.actor, k.target, k.interactions, k.first_day, k.last_day,
    k.strength AS of_platform, u.strength, u.credibility, u.matured, u.only_day
  FROM known AS k
  INNER JOIN united AS u ON u.variant = k.variant AND u.actor = k.actor AND u.target = k.target
),
acted_back AS (
  SELECT variant, actor, target, CAST(sum(CAST(strength AS DECIMAL(24, 12))) AS DOUBLE) AS strength
  FROM {reverse_strengths}
  GROUP BY variant, actor, target
),
moved AS (
  SELECT
    w.*, b.targets, back.strength IS NOT NULL AS acted_back,
    (1e0 - exp(-w.strength))
      * (1e0 - :rho * coalesce(least(w.strength, coalesce(back.strength, 0e0)) / nullif(w.strength, 0e0), 0e0)) AS q,
    coalesce(w.of_platform / nullif(w.strength, 0e0), 0e0) AS share
  FROM whole AS w
  INNER JOIN {actor_targets} AS b ON b.variant = w.strengths_from AND b.actor = w.actor
  LEFT JOIN acted_back AS back ON back.variant = w.reverse_from AND back.actor = w.target AND back.target = w.actor
)
SELECT
  variant, platform, actor, target,
  strength, interactions, first_day, last_day, only_day,
  q, credibility, matured, targets, acted_back,
  share,
  credibility * q * share AS weight
FROM moved
