-- Counted: how much of the weights of the people who acted on a person counts. The defences, in two numbers.
-- Meaning: three circles of actors: 1 the trusted, 2 besides those who acted on others, too, 3 all. Of a circle's sum X,
--     B(X) = min(X, rest + burst_slope * (burst_floor + rest)),  rest = X without its burst_days loudest days, on which
--     only those are left out who came on that day and on no other: a crowd that comes once counts as far as other days
--     confirm it. B(X) = X where a platform's evidence spans fewer than burst_min_days days: a beginning is no burst.
--     people = min(B3,  B2 + single_slope * (single_floor + B2),  B1 + cap * (floor + B1 + own_seed, if u is a seed))
--   Accounts that act on nobody else, and accounts that nobody trusts, however many, count as far as the others confirm.
--   influential: the same of weights by influence; but what is let in, slope * (...), is the people's, at nobody_pct / 100 each.
--   Each bound can only rise with evidence, so that more of it never lowers what is counted.
-- Unit: people; influential people of the highest percentile. Grain: one row per variant, platform, person_id.
-- Source: scoring.md, section 2; bursts, single-purpose actors and own_seed are ours, measured against pile-ons and bribed accounts.
-- Inputs: {influence}, see influence.sql
-- Parameters:
--   cap DOUBLE           how much untrusted evidence a unit of trusted evidence lets in
--   floor DOUBLE         trusted evidence that everybody is credited with
--   own_seed DOUBLE      and a seed, besides
--   single_slope DOUBLE  the same for actors who acted on nobody else
--   single_floor DOUBLE  evidence by others that everybody is credited with
--   burst_slope DOUBLE   the same for those who came on one loud day only
--   burst_floor DOUBLE   evidence of other days that everybody is credited with
--   burst_days INT       how many days are loud
--   burst_min_days INT   where there are fewer days nothing is called a burst
--   nobody_pct DOUBLE    how influential somebody is taken to be whom only others confirm
-- Run: .venv/bin/python jobs/reach.py --day 2026-03-14
WITH by_day AS (
  SELECT
    variant, platform, target,
    CASE WHEN coalesce(trusted, true) THEN 1 WHEN targets > 1 THEN 2 ELSE 3 END AS circle,
    CASE WHEN first_day = last_day THEN last_day END AS only_day,
    sum(CAST(weight AS DECIMAL(24, 12))) AS x,
    sum(CAST(influential AS DECIMAL(24, 12))) AS y
  FROM {influence}
  GROUP BY variant, platform, target,
    CASE WHEN coalesce(trusted, true) THEN 1 WHEN targets > 1 THEN 2 ELSE 3 END,
    CASE WHEN first_day = last_day THEN last_day END
),
nested AS (
  SELECT d.variant, d.platform, d.target, c.circle, d.only_day, sum(d.x) AS x, sum(d.y) AS y
  FROM by_day AS d
  INNER JOIN (SELECT 1 AS circle UNION ALL SELECT 2 UNION ALL SELECT 3) AS c ON d.circle <= c.circle
  GROUP BY d.variant, d.platform, d.target, c.circle, d.only_day
),
placed AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY variant, platform, target, circle, only_day IS NULL ORDER BY x DESC, only_day) AS place,
    row_number() OVER (PARTITION BY variant, platform, target, circle, only_day IS NULL ORDER BY y DESC, only_day) AS y_place
  FROM nested
),
sums AS (
  SELECT
    variant, platform, target, circle,
    CAST(sum(x) AS DOUBLE) AS x,
    CAST(sum(y) AS DOUBLE) AS y,
    CAST(sum(CASE WHEN only_day IS NULL OR place > :burst_days THEN x ELSE 0 END) AS DOUBLE) AS x_rest,
    CAST(sum(CASE WHEN only_day IS NULL OR y_place > :burst_days THEN y ELSE 0 END) AS DOUBLE) AS y_rest
  FROM placed
  GROUP BY variant, platform, target, circle
),
spans AS (
  SELECT variant, platform, unix_date(max(last_day)) - unix_date(min(first_day)) + 1 AS days
  FROM {influence}
  GROUP BY variant, platform
),
bounds AS (
  SELECT
    s.variant, s.platform, s.target, s.circle, s.x, s.y,
    CASE WHEN p.days < :burst_min_days THEN s.x
      ELSE least(s.x, s.x_rest + :burst_slope * (:burst_floor + s.x_rest)) END AS b,
    CASE WHEN p.days < :burst_min_days THEN s.y
      ELSE least(s.y, s.y_rest + :nobody_pct / 100e0 * :burst_slope * (:burst_floor + s.x_rest)) END AS c
  FROM sums AS s
  INNER JOIN spans AS p ON p.variant = s.variant AND p.platform = s.platform
),
circles AS (
  SELECT
    variant, platform, target,
    max(CASE WHEN circle = 1 THEN b ELSE 0e0 END) AS b1,
    max(CASE WHEN circle = 2 THEN b ELSE 0e0 END) AS b2,
    max(CASE WHEN circle = 3 THEN b ELSE 0e0 END) AS b3,
    max(CASE WHEN circle = 1 THEN c ELSE 0e0 END) AS c1,
    max(CASE WHEN circle = 2 THEN c ELSE 0e0 END) AS c2,
    max(CASE WHEN circle = 3 THEN c ELSE 0e0 END) AS c3,
    max(CASE WHEN circle = 3 THEN x ELSE 0e0 END) AS x,
    max(CASE WHEN circle = 3 THEN y ELSE 0e0 END) AS y
  FROM bounds
  GROUP BY variant, platform, target
),
let_in AS (
  SELECT
    c.variant, c.platform, c.target, c.b1, c.b2, c.b3, c.c1, c.c2, c.c3, c.x, c.y, k.seeded,
    :single_slope * (:single_floor + c.b2) AS single,
    :cap * (:floor + c.b1 + CASE WHEN k.seed THEN :own_seed ELSE 0e0 END) AS untrusted
  FROM circles AS c
  INNER JOIN (
    SELECT variant, platform, target, bool_or(seed) AS seed, bool_or(trusted IS NOT NULL) AS seeded
    FROM {influence}
    GROUP BY variant, platform, target
  ) AS k ON k.variant = c.variant AND k.platform = c.platform AND k.target = c.target
),
counted AS (
  SELECT
    *,
    least(b3, b2 + single, b1 + untrusted) AS people,
    least(c3, c2 + :nobody_pct / 100e0 * single, c1 + :nobody_pct / 100e0 * untrusted) AS influential
  FROM let_in
)
SELECT
  variant, platform, target AS person_id,
  people,
  greatest(0e0, x - people) AS people_cut,
  CASE WHEN seeded THEN b1 ELSE 0e0 END AS trusted_people,
  influential,
  greatest(0e0, y - influential) AS influential_cut
FROM counted
