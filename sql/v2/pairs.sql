-- Pairs: how surely one person moves another, over all platforms together, and each platform's share of it.
-- Meaning:  S(a,u) = sum of the platforms' strengths           one audience a person: nobody counts once a platform
--           R(a,u) = min(1, S(u,a) / S(a,u))                    reciprocity, 0 when one-sided
--           q(a,u) = (1 - e^-S) * (1 - rho * R)                 in [0, 1); rises with S(a,u)
--           weight = credibility * q * S_p / S                  the platform's share; the shares of a pair sum to credibility * q
--   credibility: of the accounts with which the actor acted on this person, the most credible. targets: on how many distinct
--   people the actor acted. matured: how far the actor is old enough to count without anybody's word: 0 up to unvouched_from_days
--   of age, 1 from unvouched_full_days on or where no age is shown; of several accounts the oldest. acted_back: whether the person acted on the actor, too. only_day: the day, where all acts on this
--   person fall on one.
--   A variant without strengths of its own takes those of its base; one that leaves out what the person u did takes S(u,a) of
--   another one.
-- Unit: q a share, 0 to 1. Grain: one row per variant, platform, actor, target.
-- Source: sql/v2/README.md.
-- Inputs: {strengths} of the variants' bases, {reverse_strengths}: of those whose S(u,a) they take, see strengths.sql; {variants};
--   {credibility} (evaluated_on, platform, person_id, credibility, created_on)
-- Parameters:
--   rho DOUBLE                  reciprocity discount
--   unvouched_from_days DOUBLE  age up to which somebody counts by others' word only
--   unvouched_full_days DOUBLE  and from which they count without it
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
WITH known AS (
  SELECT
    v.variant, v.back_of, s.platform, s.actor, s.target, s.strength, s.interactions, s.first_day, s.last_day,
    coalesce(c.credibility, 1e0) AS credibility,
    -- least and greatest pass over NULL: an unknown age must be asked for.
    CASE WHEN c.created_on IS NULL THEN 1e0
      ELSE least(1e0, greatest(0e0, (unix_date(v.evaluated_on) - unix_date(c.created_on) - :unvouched_from_days)
        / (:unvouched_full_days - :unvouched_from_days))) END AS matured
  FROM {strengths} AS s
  INNER JOIN {variants} AS v ON v.base = s.variant
  LEFT JOIN {credibility} AS c
    ON c.evaluated_on = v.evaluated_on AND c.platform = s.platform AND c.person_id = s.actor
),
united AS (
  SELECT
    variant, back_of, actor, target,
    CAST(sum(CAST(strength AS DECIMAL(24, 12))) AS DOUBLE) AS strength,
    max(credibility) AS credibility, max(matured) AS matured,
    CASE WHEN min(first_day) = max(last_day) THEN max(last_day) END AS only_day
  FROM known
  GROUP BY variant, back_of, actor, target
),
acted_back AS (
  SELECT variant, actor, target, CAST(sum(CAST(strength AS DECIMAL(24, 12))) AS DOUBLE) AS strength
  FROM {reverse_strengths}
  GROUP BY variant, actor, target
),
busy AS (
  SELECT variant, actor, count(*) AS targets FROM united GROUP BY variant, actor
),
moved AS (
  SELECT
    u.variant, u.actor, u.target, u.strength, u.credibility, u.matured, u.only_day, b.targets,
    back.strength IS NOT NULL AS acted_back,
    (1e0 - exp(-u.strength))
      * (1e0 - :rho * coalesce(least(u.strength, coalesce(back.strength, 0e0)) / nullif(u.strength, 0e0), 0e0)) AS q
  FROM united AS u
  INNER JOIN busy AS b ON b.variant = u.variant AND b.actor = u.actor
  LEFT JOIN acted_back AS back ON back.variant = u.back_of AND back.actor = u.target AND back.target = u.actor
)
SELECT
  k.variant, k.platform, k.actor, k.target,
  m.strength, k.interactions, k.first_day, k.last_day, m.only_day,
  m.q, m.credibility, m.matured, m.targets, m.acted_back,
  coalesce(k.strength / nullif(m.strength, 0e0), 0e0) AS share,
  m.credibility * m.q * coalesce(k.strength / nullif(m.strength, 0e0), 0e0) AS weight
FROM known AS k
INNER JOIN moved AS m ON m.variant = k.variant AND m.actor = k.actor AND m.target = k.target
