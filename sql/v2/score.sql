-- Score: one number from 1 to 100 for each person, from what their evidence is worth over all platforms.
-- Meaning: s = sum of the platforms' parts, see platform_score.sql;  score = 1 + 99 * g(s), g the model's frozen piecewise linear
--   map, with g(0) = 0: who moves nobody has 1.  low, high: the same of s - z * sd and s + z * sd, var(s) = sum of the parts'.
--   No score, and no_score_reason says why, for whom fewer than min_people distinct credible people acted on, over all
--   platforms, for whom a bound cuts the audience and nobody trusted is in it, and for whom nobody counts, such as who is only
--   mentioned and never there: such people cannot be told apart. standing and momentum are told of whom the score is.
--   `raw_score` is the number all the same, for the parts of a change.
--   A person's measures over several platforms: reach and influential people add up, since nobody counts on two; amplification is
--   weighted by posts, network by reach.
-- Unit: points, 1 to 100. Grain: one row per variant, person_id on whom somebody acted in the window, or who has counters.
-- Source: sql/v2/README.md.
-- Inputs: {platform_score}, see platform_score.sql; {distinct_actors} (variant, person_id, people, credible_people), see distinct_actors.sql;
--   {scale} (above, upto, value, slope), the pieces of g
-- Parameters:
--   min_people INT     fewer credible people give no score
--   interval_z DOUBLE  standard deviations on either side
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH by_person AS (
  SELECT
    variant, person_id,
    least(1e0, CAST(sum(CAST(s AS DECIMAL(24, 12))) AS DOUBLE)) AS s,
    sqrt(CAST(sum(CAST(s_variance AS DECIMAL(24, 12))) AS DOUBLE)) AS deviation,
    CAST(sum(CAST(true_reach AS DECIMAL(24, 12))) AS DOUBLE) AS true_reach,
    CAST(sum(CAST(reach_cut AS DECIMAL(24, 12))) AS DOUBLE) AS reach_cut,
    CAST(sum(CAST(reach_held_back AS DECIMAL(24, 12))) AS DOUBLE) AS reach_held_back,
    CAST(sum(CAST(trusted_evidence AS DECIMAL(24, 12))) AS DOUBLE) AS trusted_evidence,
    CAST(sum(CAST(influential_people AS DECIMAL(24, 12))) AS DOUBLE) AS influential_people,
    max(last_day) AS last_day,
    CAST(sum(CAST(network_influence * true_reach AS DECIMAL(24, 12))) AS DOUBLE) AS network_x_reach,
    max(network_influence) AS network_best,
    CAST(sum(CAST(amplification * posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS amplification_x_posts,
    CAST(sum(CAST(amplification_low * posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS low_x_posts,
    CAST(sum(CAST(amplification_high * posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS high_x_posts,
    CAST(sum(CAST(posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS posts_weight,
    bool_or(shows_posts) AS shows_posts,
    bool_or(counter_based) AS counter_based
  FROM {platform_score}
  GROUP BY variant, person_id
),
unverified AS (
  SELECT variant, person_id FROM by_person WHERE s <= 0e0 OR (reach_held_back > 0e0 AND trusted_evidence <= 0e0)
),
judged AS (
  SELECT
    p.*, coalesce(e.people, 0) AS people, coalesce(e.credible_people, 0) AS credible_people,
    CASE
      WHEN coalesce(e.credible_people, 0) < :min_people THEN 'insufficient evidence'
      WHEN u.person_id IS NOT NULL THEN 'unverified audience'
    END AS no_score_reason,
    greatest(0e0, s - :interval_z * deviation) AS lower,
    least(1e0, s + :interval_z * deviation) AS upper
  FROM by_person AS p
  LEFT JOIN {distinct_actors} AS e ON e.variant = p.variant AND e.person_id = p.person_id
  LEFT JOIN unverified AS u
    ON u.variant = CASE WHEN p.variant IN ('standing', 'momentum') THEN 'now' ELSE p.variant END AND u.person_id = p.person_id
)
SELECT
  p.variant, p.person_id,
  CASE WHEN p.no_score_reason IS NULL THEN 1e0 + 99e0 * (m.value + m.slope * (p.s - m.above)) END AS score,
  CASE WHEN p.no_score_reason IS NULL THEN 1e0 + 99e0 * (b.value + b.slope * (p.lower - b.above)) END AS score_low,
  CASE WHEN p.no_score_reason IS NULL THEN 1e0 + 99e0 * (t.value + t.slope * (p.upper - t.above)) END AS score_high,
  p.no_score_reason,
  1e0 + 99e0 * (m.value + m.slope * (p.s - m.above)) AS raw_score,
  p.s AS l,
  p.true_reach, p.reach_cut,
  p.amplification_x_posts / nullif(p.posts_weight, 0e0) AS amplification,
  p.low_x_posts / nullif(p.posts_weight, 0e0) AS amplification_low,
  p.high_x_posts / nullif(p.posts_weight, 0e0) AS amplification_high,
  CASE
    WHEN p.posts_weight > 0e0 THEN NULL
    WHEN p.shows_posts THEN 'no posts in the window'
    ELSE 'platform shows no posts'
  END AS amplification_missing_reason,
  CASE WHEN p.true_reach > 0e0 THEN p.network_x_reach / p.true_reach ELSE p.network_best END AS network_influence,
  p.influential_people,
  p.people,
  p.credible_people,
  p.last_day,
  p.counter_based
FROM judged AS p
INNER JOIN {scale} AS m ON p.s >= m.above AND p.s < m.upto
INNER JOIN {scale} AS b ON p.lower >= b.above AND p.lower < b.upto
INNER JOIN {scale} AS t ON p.upper >= t.above AND p.upper < t.upto
