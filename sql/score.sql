-- Score: one number from 1 to 100 for each person, from what each platform is worth.
-- Meaning: L = sum over platforms of -ln(1 - s), so that joining one can only help;  score = 1 + 99 * g(1 - e^-L),
--   g the model's frozen piecewise linear map, with g(0) = 0: who moves nobody has 1.
--   low, high: the same of L - z * sd and L + z * sd, var(L) = sum of var(s) / (1 - s)^2.
--   Fewer than min_people distinct credible people over all platforms: no score, and no_score_reason says so; `raw_score` is the
--   number all the same, for the parts of a change.
--   A person's measures over several platforms: reach and influential people add up; amplification is weighted by posts,
--   network by reach.
-- Unit: points, 1 to 100. Grain: one row per variant, person_id on whom somebody acted in the window, or who has counters.
-- Source: sql/README.md, Method, step 11.
-- Inputs: {platform_score}, see platform_score.sql; {distinct_actors} (variant, person_id, people, credible_people), see distinct_actors.sql;
--   {scale} (above, upto, value, slope), the pieces of g
-- Parameters:
--   min_people INT     fewer credible people give no score
--   interval_z DOUBLE  standard deviations on either side
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH by_person AS (
  SELECT
    variant, person_id,
    CAST(sum(CAST(-ln(1e0 - s) AS DECIMAL(24, 12))) AS DOUBLE) AS l,
    sqrt(CAST(sum(CAST(s_variance / ((1e0 - s) * (1e0 - s)) AS DECIMAL(24, 12))) AS DOUBLE)) AS l_deviation,
    CAST(sum(CAST(true_reach AS DECIMAL(24, 12))) AS DOUBLE) AS true_reach,
    CAST(sum(CAST(reach_cut AS DECIMAL(24, 12))) AS DOUBLE) AS reach_cut,
    CAST(sum(CAST(influential_people AS DECIMAL(24, 12))) AS DOUBLE) AS influential_people,
    max(last_day) AS last_day,
    CAST(sum(CAST(network_influence * true_reach AS DECIMAL(24, 12))) AS DOUBLE) AS network_x_reach,
    max(network_influence) AS network_best,
    CAST(sum(CAST(amplification * posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS amplification_x_posts,
    CAST(sum(CAST(amplification_low * posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS low_x_posts,
    CAST(sum(CAST(amplification_high * posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS high_x_posts,
    CAST(sum(CAST(posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS posts_weight,
    bool_or(shows_posts) AS shows_posts,
    max(posts) AS posts,
    bool_or(counter_based) AS counter_based
  FROM {platform_score}
  GROUP BY variant, person_id
),
ends AS (
  SELECT
    *,
    1e0 - exp(-l) AS middle,
    1e0 - exp(-greatest(0e0, l - :interval_z * l_deviation)) AS lower,
    1e0 - exp(-(l + :interval_z * l_deviation)) AS upper
  FROM by_person
)
SELECT
  p.variant, p.person_id,
  CASE WHEN coalesce(e.credible_people, 0) >= :min_people THEN 1e0 + 99e0 * (m.value + m.slope * (p.middle - m.above)) END
    AS score,
  CASE WHEN coalesce(e.credible_people, 0) >= :min_people THEN 1e0 + 99e0 * (b.value + b.slope * (p.lower - b.above)) END
    AS score_low,
  CASE WHEN coalesce(e.credible_people, 0) >= :min_people THEN 1e0 + 99e0 * (t.value + t.slope * (p.upper - t.above)) END
    AS score_high,
  CASE WHEN coalesce(e.credible_people, 0) >= :min_people THEN NULL ELSE 'insufficient evidence' END AS no_score_reason,
  1e0 + 99e0 * (m.value + m.slope * (p.middle - m.above)) AS raw_score,
  p.l,
  p.true_reach, p.reach_cut,
  p.amplification_x_posts / nullif(p.posts_weight, 0e0) AS amplification,
  p.low_x_posts / nullif(p.posts_weight, 0e0) AS amplification_low,
  p.high_x_posts / nullif(p.posts_weight, 0e0) AS amplification_high,
  CASE
    WHEN p.posts_weight > 0e0 THEN NULL
    WHEN p.posts = 0 THEN 'own feed not read'
    WHEN p.shows_posts THEN 'no posts in the window'
    ELSE 'platform shows no posts'
  END AS amplification_missing_reason,
  CASE WHEN p.true_reach > 0e0 THEN p.network_x_reach / p.true_reach ELSE p.network_best END AS network_influence,
  p.influential_people,
  coalesce(e.people, 0) AS people,
  coalesce(e.credible_people, 0) AS credible_people,
  p.last_day,
  p.counter_based
FROM ends AS p
LEFT JOIN {distinct_actors} AS e ON e.variant = p.variant AND e.person_id = p.person_id
INNER JOIN {scale} AS m ON p.middle >= m.above AND p.middle < m.upto
INNER JOIN {scale} AS b ON p.lower >= b.above AND p.lower < b.upto
INNER JOIN {scale} AS t ON p.upper >= t.above AND p.upper < t.upto
