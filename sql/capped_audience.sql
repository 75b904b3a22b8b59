-- Capped audience: each person's audience after the anti-abuse caps: number of people, and the same weighted by their influence.
-- Meaning: three circles of actors: 1 the trusted, 2 besides those who acted on others, too, 3 all. Of a circle's sum X,
--     B(X) = min(X, rest + burst_slope * (burst_floor + rest)),  rest = X without its burst_days loudest days, on which
--     only those are left out who came on that day and on no other: a crowd that comes once counts as far as other days
--     confirm it. B(X) = X where a platform's evidence spans fewer than burst_min_days days: a beginning is no burst.
--     people = min(B3,  B2 + single_slope * (single_floor + B2),  B1 + cap * (floor + B1 + own_seed, if u is a seed))
--   Accounts that act on nobody else, and accounts that nobody trusts, however many, count as far as the others confirm.
--   influential: the same of weights by influence; but what is let in, slope * (...), is the people's, at nobody_pct / 100 each.
--   Each bound can only rise with evidence, so that more of it never lowers what is counted.
-- Unit: people; influential people of the highest percentile. Grain: one row per variant, platform, person_id.
-- Source: sql/README.md, Method, step 6; bursts, single-purpose actors and own_seed are ours, measured against pile-ons and bribed accounts.
-- Inputs: {weights}, see weights.sql, of any of the targets; {audience}, see audience.sql; {audience_spans}, see audience_spans.sql. loudest(x, n) is the sum of the n largest x, see jobs/clout/engine/queries.py.
-- Split: {weights} by target, {audience} by person_id; rows by person_id
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
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
WITH by_day AS (
  SELECT
    variant, platform, target, only_day,
    sum(CASE WHEN circle <= 1 THEN x ELSE 0 END) AS x1,
    sum(CASE WHEN circle <= 2 THEN x ELSE 0 END) AS x2,
    sum(CASE WHEN circle <= 3 THEN x ELSE 0 END) AS x3,
    sum(CASE WHEN circle <= 1 THEN y ELSE 0 END) AS y1,
    sum(CASE WHEN circle <= 2 THEN y ELSE 0 END) AS y2,
    sum(CASE WHEN circle <= 3 THEN y ELSE 0 END) AS y3
  FROM (
    SELECT
      variant, platform, target,
      CASE WHEN coalesce(trusted, true) THEN 1 WHEN targets > 1 THEN 2 ELSE 3 END AS circle,
      CASE WHEN first_day = last_day THEN last_day END AS only_day,
      CAST(weight AS DECIMAL(18, 12)) AS x,
      CAST(influential AS DECIMAL(18, 12)) AS y
    FROM {weights}
  ) AS one
  GROUP BY variant, platform, target, only_day
),
days AS (
  SELECT
    *,
    CASE WHEN only_day IS NOT NULL THEN CAST(x1 AS DOUBLE) END AS x1_only,
    CASE WHEN only_day IS NOT NULL THEN CAST(x2 AS DOUBLE) END AS x2_only,
    CASE WHEN only_day IS NOT NULL THEN CAST(x3 AS DOUBLE) END AS x3_only,
    CASE WHEN only_day IS NOT NULL THEN CAST(y1 AS DOUBLE) END AS y1_only,
    CASE WHEN only_day IS NOT NULL THEN CAST(y2 AS DOUBLE) END AS y2_only,
    CASE WHEN only_day IS NOT NULL THEN CAST(y3 AS DOUBLE) END AS y3_only
  FROM by_day
),
sums AS (
  SELECT
    variant, platform, target,
    CAST(sum(x1) AS DOUBLE) AS x1,
    CAST(sum(x2) AS DOUBLE) AS x2,
    CAST(sum(x3) AS DOUBLE) AS x3,
    CAST(sum(y1) AS DOUBLE) AS y1,
    CAST(sum(y2) AS DOUBLE) AS y2,
    CAST(sum(y3) AS DOUBLE) AS y3,
    loudest(x1_only, :burst_days) AS x1_loud,
    loudest(x2_only, :burst_days) AS x2_loud,
    loudest(x3_only, :burst_days) AS x3_loud,
    loudest(y1_only, :burst_days) AS y1_loud,
    loudest(y2_only, :burst_days) AS y2_loud,
    loudest(y3_only, :burst_days) AS y3_loud
  FROM days
  GROUP BY variant, platform, target
),
rests AS (
  SELECT
    s.variant, s.platform, s.target, s.x1, s.x2, s.x3, s.y1, s.y2, s.y3, u.seed, u.seeded,
    unix_date(p.last_day) - unix_date(p.first_day) + 1 >= :burst_min_days AS bounded,
    greatest(0e0, s.x1 - s.x1_loud) AS x1_rest,
    greatest(0e0, s.x2 - s.x2_loud) AS x2_rest,
    greatest(0e0, s.x3 - s.x3_loud) AS x3_rest,
    greatest(0e0, s.y1 - s.y1_loud) AS y1_rest,
    greatest(0e0, s.y2 - s.y2_loud) AS y2_rest,
    greatest(0e0, s.y3 - s.y3_loud) AS y3_rest
  FROM sums AS s
  INNER JOIN {audience} AS u ON u.variant = s.variant AND u.platform = s.platform AND u.person_id = s.target
  INNER JOIN {audience_spans} AS p ON p.variant = s.variant AND p.platform = s.platform
),
circles AS (
  SELECT
    variant, platform, target, seed, seeded, x3 AS x, y3 AS y,
    CASE WHEN bounded THEN least(x1, x1_rest + :burst_slope * (:burst_floor + x1_rest)) ELSE x1 END AS b1,
    CASE WHEN bounded THEN least(x2, x2_rest + :burst_slope * (:burst_floor + x2_rest)) ELSE x2 END AS b2,
    CASE WHEN bounded THEN least(x3, x3_rest + :burst_slope * (:burst_floor + x3_rest)) ELSE x3 END AS b3,
    CASE WHEN bounded
      THEN least(y1, y1_rest + :nobody_pct / 100e0 * :burst_slope * (:burst_floor + x1_rest)) ELSE y1 END AS c1,
    CASE WHEN bounded
      THEN least(y2, y2_rest + :nobody_pct / 100e0 * :burst_slope * (:burst_floor + x2_rest)) ELSE y2 END AS c2,
    CASE WHEN bounded
      THEN least(y3, y3_rest + :nobody_pct / 100e0 * :burst_slope * (:burst_floor + x3_rest)) ELSE y3 END AS c3
  FROM rests
),
let_in AS (
  SELECT
    *,
    :single_slope * (:single_floor + b2) AS single,
    :cap * (:floor + b1 + CASE WHEN seed THEN :own_seed ELSE 0e0 END) AS untrusted
  FROM circles
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
  greatest(0e0, x - people) AS people_held_back,
  CASE WHEN seeded THEN b1 ELSE 0e0 END AS trusted_people,
  influential,
  greatest(0e0, y - influential) AS influential_cut
FROM counted
