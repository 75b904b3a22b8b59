-- Capped audience: each person's audience after the anti-abuse bounds, as a number of people and the same weighted by their influence.
-- Meaning: over all platforms together, of the people who acted on u:
--     X = sum of weight,  A = sum of trusted_weight,  U = sum of unvouched: see weights.sql
--     let_in(A) = floor + cap * A^2 / (A + cap_half)           how many people whom nobody trusts are believed
--     B(Z) = Z - phase * max(0, Z - (rest + burst_slope * (burst_floor + rest))),  rest = Z without its burst_days loudest days, on
--       which only those are left out who came on that day and on no other: a crowd that comes once counts as far as other days
--       confirm it. phase rises from 0 to 1 over burst_phase_days from the burst_min_days-th day of the evidence on: no rule
--       begins overnight.
--     people = min(B(X), A + min(U, let_in(A)))
--   Of those who acted on platforms where the operator names seeds, U and let_in are counted apart, with named_floor, named_cap and
--   named_cap_half: there everybody honest can be vouched for.
--   The bound: a set of accounts, none of them a seed, on which E honest people acted, each of whom passes on at most 1 in all, has
--   A <= E / (1 - trust_share), see engine/trust_flow.py, so it gives a target at most A + let_in(A) people, however many accounts
--   they are. With the numbers of v2.toml that is at most 50 people for each of 1, 3 or 10 honest people, and 10 with named seeds.
--   people_cut: X - people. people_held_back: the part of it that the bounds cut; the rest are too young to count by nobody's word,
--   and that they came says nothing against the others.
--   influential: the same of weights by influence; but what is let in is nobody_pct / 100 each.
--   Each platform has the part of the person's people that its weights are of X. Each bound rises with evidence.
-- Unit: people; influential people of the highest percentile. Grain: one row per variant, platform, person_id.
-- Source: sql/v2/README.md; the form of let_in is ours: one confirmed fan vouches for few, many for many.
-- Inputs: {weights}, see weights.sql; {audience_spans}, see audience_spans.sql. loudest(x, n) is the sum of the n largest x, see jobs/clout/engine/queries.py.
-- Split: {weights} by target; rows by person_id
-- Parameters:
--   cap DOUBLE              how many untrusted people each of many trusted people vouches for
--   cap_half DOUBLE         trusted people from which on half of that is reached
--   floor DOUBLE            people who need nobody's word
--   named_cap DOUBLE        cap, where the operator names seeds
--   named_cap_half DOUBLE   likewise
--   named_floor DOUBLE      likewise
--   burst_slope DOUBLE      how much of those who came on one loud day only a unit of other evidence lets in
--   burst_floor DOUBLE      evidence of other days that everybody is credited with
--   burst_days INT          how many days are loud
--   burst_min_days INT      where there are fewer days nothing is called a burst
--   burst_phase_days INT    over how many days after them the bound comes into force
--   nobody_pct DOUBLE       how influential somebody is taken to be whom only others confirm
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
WITH parts AS (
  SELECT
    variant, platform, target,
    sum(CAST(weight AS DECIMAL(18, 12))) AS x,
    sum(CAST(trusted_weight AS DECIMAL(18, 12))) AS a,
    sum(CAST(CASE WHEN named THEN 0e0 ELSE unvouched END AS DECIMAL(18, 12))) AS u,
    sum(CAST(CASE WHEN named THEN unvouched ELSE 0e0 END AS DECIMAL(18, 12))) AS u_named,
    sum(CAST(CASE WHEN named THEN 0e0 ELSE unvouched_influential END AS DECIMAL(18, 12))) AS v,
    sum(CAST(CASE WHEN named THEN unvouched_influential ELSE 0e0 END AS DECIMAL(18, 12))) AS v_named,
    sum(CAST(influential AS DECIMAL(18, 12))) AS y,
    sum(CAST(trusted_influential AS DECIMAL(18, 12))) AS b,
    bool_or(trusted IS NOT NULL) AS seeded
  FROM {weights}
  GROUP BY variant, platform, target
),
-- Days apart from the sums: they are nearly as many as ties, and need two sums only.
days AS (
  SELECT
    variant, target,
    CAST(sum(CAST(weight AS DECIMAL(18, 12))) AS DOUBLE) AS x_only,
    CAST(sum(CAST(influential AS DECIMAL(18, 12))) AS DOUBLE) AS y_only
  FROM {weights}
  WHERE only_day IS NOT NULL
  GROUP BY variant, target, only_day
),
loud AS (
  SELECT variant, target, loudest(x_only, :burst_days) AS x_loud, loudest(y_only, :burst_days) AS y_loud
  FROM days
  GROUP BY variant, target
),
wholes AS (
  SELECT
    variant, target,
    CAST(sum(x) AS DOUBLE) AS x, CAST(sum(a) AS DOUBLE) AS a,
    CAST(sum(u) AS DOUBLE) AS u, CAST(sum(u_named) AS DOUBLE) AS u_named,
    CAST(sum(v) AS DOUBLE) AS v, CAST(sum(v_named) AS DOUBLE) AS v_named,
    CAST(sum(y) AS DOUBLE) AS y, CAST(sum(b) AS DOUBLE) AS b
  FROM parts
  GROUP BY variant, target
),
sums AS (
  SELECT w.*, coalesce(l.x_loud, 0e0) AS x_loud, coalesce(l.y_loud, 0e0) AS y_loud
  FROM wholes AS w
  LEFT JOIN loud AS l ON l.variant = w.variant AND l.target = w.target
),
phases AS (
  SELECT
    variant,
    least(1e0, greatest(0e0, (unix_date(max(last_day)) - unix_date(min(first_day)) + 1 - :burst_min_days)
      / CAST(:burst_phase_days AS DOUBLE))) AS phase
  FROM {audience_spans}
  GROUP BY variant
),
rests AS (
  SELECT
    s.*, p.phase, greatest(0e0, s.x - s.x_loud) AS x_rest, greatest(0e0, s.y - s.y_loud) AS y_rest,
    :floor + :cap * s.a * s.a / (s.a + :cap_half) AS let_in,
    :named_floor + :named_cap * s.a * s.a / (s.a + :named_cap_half) AS named_let_in
  FROM sums AS s
  INNER JOIN phases AS p ON p.variant = s.variant
),
bounded AS (
  SELECT
    variant, target, x, y,
    least(x - phase * greatest(0e0, x - x_rest - :burst_slope * (:burst_floor + x_rest)),
      a + least(u, let_in) + least(u_named, named_let_in)) AS people,
    least(y - phase * greatest(0e0, y - y_rest - :nobody_pct / 100e0 * :burst_slope * (:burst_floor + x_rest)),
      b + least(v, :nobody_pct / 100e0 * let_in) + least(v_named, :nobody_pct / 100e0 * named_let_in)) AS influential,
    a + u + u_named AS unbounded
  FROM rests
)
SELECT
  p.variant, p.platform, p.target AS person_id,
  coalesce(CAST(p.x AS DOUBLE) / nullif(b.x, 0e0), 0e0) * b.people AS people,
  coalesce(CAST(p.x AS DOUBLE) / nullif(b.x, 0e0), 0e0) * greatest(0e0, b.x - b.people) AS people_cut,
  coalesce(CAST(p.x AS DOUBLE) / nullif(b.x, 0e0), 0e0) * greatest(0e0, b.unbounded - b.people) AS people_held_back,
  CASE WHEN p.seeded THEN CAST(p.a AS DOUBLE) ELSE 0e0 END AS trusted_people,
  coalesce(CAST(p.y AS DOUBLE) / nullif(b.y, 0e0), 0e0) * b.influential AS influential,
  coalesce(CAST(p.y AS DOUBLE) / nullif(b.y, 0e0), 0e0) * greatest(0e0, b.y - b.influential) AS influential_cut
FROM parts AS p
INNER JOIN bounded AS b ON b.variant = p.variant AND b.target = p.target
