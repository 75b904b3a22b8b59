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
WITH ties AS (
  SELECT
    variant, platform, target,
    CASE WHEN coalesce(trusted, true) THEN 1 WHEN targets > 1 THEN 2 ELSE 3 END AS circle,
    CASE WHEN first_day = last_day THEN last_day END AS only_day,
    CAST(weight AS DECIMAL(18, 12)) AS x,
    CAST(influential AS DECIMAL(18, 12)) AS y
  FROM {weights}
),
wholes AS (
  SELECT
    variant, platform, target,
    max(circle) AS outermost,
    CAST(sum(CASE WHEN circle <= 1 THEN x ELSE 0 END) AS DOUBLE) AS x1,
    CAST(sum(CASE WHEN circle <= 2 THEN x ELSE 0 END) AS DOUBLE) AS x2,
    CAST(sum(x) AS DOUBLE) AS x3,
    CAST(sum(CASE WHEN circle <= 1 THEN y ELSE 0 END) AS DOUBLE) AS y1,
    CAST(sum(CASE WHEN circle <= 2 THEN y ELSE 0 END) AS DOUBLE) AS y2,
    CAST(sum(y) AS DOUBLE) AS y3
  FROM ties
  GROUP BY variant, platform, target
),
-- Days apart from the sums: they are nearly as many as ties, and need two sums only.
days AS (
  SELECT variant, platform, target, only_day, CAST(sum(x) AS DOUBLE) AS x3, CAST(sum(y) AS DOUBLE) AS y3
  FROM ties
  WHERE only_day IS NOT NULL
  GROUP BY variant, platform, target, only_day
),
loud AS (
  SELECT variant, platform, target, loudest(x3, :burst_days) AS x3, loudest(y3, :burst_days) AS y3
  FROM days
  GROUP BY variant, platform, target
),
-- Mostly all who act on a person are of one circle: the inner ones are summed only where there are several.
inner_days AS (
  SELECT
    t.variant, t.platform, t.target,
    CAST(sum(CASE WHEN t.circle <= 1 THEN t.x ELSE 0 END) AS DOUBLE) AS x1,
    CAST(sum(t.x) AS DOUBLE) AS x2,
    CAST(sum(CASE WHEN t.circle <= 1 THEN t.y ELSE 0 END) AS DOUBLE) AS y1,
    CAST(sum(t.y) AS DOUBLE) AS y2
  FROM ties AS t
  SEMI JOIN (SELECT variant, platform, target FROM wholes WHERE outermost > 1) AS mixed
    ON mixed.variant = t.variant AND mixed.platform = t.platform AND mixed.target = t.target
  WHERE t.only_day IS NOT NULL AND t.circle <= 2
  GROUP BY t.variant, t.platform, t.target, t.only_day
),
inner_loud AS (
  SELECT
    variant, platform, target,
    loudest(x1, :burst_days) AS x1, loudest(x2, :burst_days) AS x2,
    loudest(y1, :burst_days) AS y1, loudest(y2, :burst_days) AS y2
  FROM inner_days
  GROUP BY variant, platform, target
),
sums AS (
  SELECT
    w.*,
    coalesce(CASE WHEN w.outermost = 1 THEN l.x3 ELSE i.x1 END, 0e0) AS x1_loud,
    coalesce(CASE WHEN w.outermost = 1 THEN l.x3 ELSE i.x2 END, 0e0) AS x2_loud,
    coalesce(l.x3, 0e0) AS x3_loud,
    coalesce(CASE WHEN w.outermost = 1 THEN l.y3 ELSE i.y1 END, 0e0) AS y1_loud,
    coalesce(CASE WHEN w.outermost = 1 THEN l.y3 ELSE i.y2 END, 0e0) AS y2_loud,
    coalesce(l.y3, 0e0) AS y3_loud
  FROM wholes AS w
  LEFT JOIN loud AS l ON l.variant = w.variant AND l.platform = w.platform AND l.target = w.target
  LEFT JOIN inner_loud AS i ON i.variant = w.variant AND i.platform = w.platform AND i.target = w.target
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
