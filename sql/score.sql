-- Score: one number from 1 to 100 for each person and day, and the measures behind it.
-- Meaning: on a platform  s = sum of beta_f * x_f,  x_f = min(1, ln(1 + f) / ln(1 + ref_f)), over the three measures;
--   the weight of a measure that the platform cannot show goes to the others, so that not knowing neither helps nor harms.
--   Over platforms  L = sum of -ln(1 - s), so that joining one can only help;  score = 1 + 99 * g(1 - e^-L),
--   g the model's frozen monotone map. Fewer than min_people credible actors: no score, and no_score_reason says so.
--   A person's measures over several platforms: reach adds up; amplification is weighted by posts, network by reach.
-- Unit: points, 1 to 100. Grain: one row per ds, person_id on whom somebody acted in the window.
-- Source: scoring.md, section 3.
-- Inputs: {reach}, {amplification}, {network}: see the queries of these names; {platforms_with_posts} (platform)
-- Parameters:
--   day DATE                   the score date
--   model_version STRING       version of the model file
--   beta_reach DOUBLE          weight of True Reach
--   beta_amplification DOUBLE  weight of Amplification Probability
--   beta_network DOUBLE        weight of Network Influence
--   ref_reach DOUBLE           the value that counts as full
--   ref_amplification DOUBLE   the value that counts as full
--   ref_network DOUBLE         the value that counts as full
--   map_from ARRAY<DOUBLE>     g: where its knots are
--   map_to ARRAY<DOUBLE>       g: what they become
--   min_people INT             fewer credible actors give no score
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH by_platform AS (
  SELECT
    r.platform, r.person_id, r.true_reach, r.people, r.credible_people, r.last_day,
    n.network_influence,
    a.amplification, a.amplification_low, a.amplification_high, coalesce(a.posts_weight, 0D) AS posts_weight,
    pp.platform IS NOT NULL AS shows_posts,
    (:beta_reach + :beta_amplification + :beta_network)
      * (
        :beta_reach * least(1D, ln(1D + r.true_reach) / ln(1D + :ref_reach))
        + :beta_network * least(1D, ln(1D + n.network_influence) / ln(1D + :ref_network))
        + CASE WHEN a.amplification IS NULL THEN 0D
            ELSE :beta_amplification * least(1D, ln(1D + a.amplification) / ln(1D + :ref_amplification)) END
      )
      / (:beta_reach + :beta_network + CASE WHEN a.amplification IS NULL THEN 0D ELSE :beta_amplification END)
      AS s
  FROM {reach} AS r
  INNER JOIN {network} AS n ON n.platform = r.platform AND n.person_id = r.person_id
  LEFT JOIN {amplification} AS a ON a.platform = r.platform AND a.person_id = r.person_id
  LEFT JOIN {platforms_with_posts} AS pp ON pp.platform = r.platform
),
by_person AS (
  SELECT
    person_id,
    sum(CAST(true_reach AS DECIMAL(24, 12))) AS true_reach,
    sum(people) AS people,
    sum(credible_people) AS credible_people,
    max(last_day) AS last_day,
    CAST(sum(CAST(network_influence * true_reach AS DECIMAL(24, 12))) AS DOUBLE) AS network_x_reach,
    max(network_influence) AS network_best,
    CAST(sum(CAST(amplification * posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS amplification_x_posts,
    CAST(sum(CAST(amplification_low * posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS low_x_posts,
    CAST(sum(CAST(amplification_high * posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS high_x_posts,
    CAST(sum(CAST(posts_weight AS DECIMAL(24, 12))) AS DOUBLE) AS posts_weight,
    bool_or(shows_posts) AS shows_posts,
    1D - exp(-CAST(sum(CAST(-ln(1D - s) AS DECIMAL(24, 12))) AS DOUBLE)) AS combined,
    array_join(array_sort(collect_set(platform)), ',') AS platforms
  FROM by_platform
  GROUP BY person_id
),
mapped AS (
  SELECT *, greatest(1, least(size(:map_from) - 1, size(filter(:map_from, x -> x <= combined)))) AS knot
  FROM by_person
)
SELECT
  :day AS ds,
  person_id,
  CASE WHEN credible_people >= :min_people THEN round(1D + 99D * (
    element_at(:map_to, knot)
    + (element_at(:map_to, knot + 1) - element_at(:map_to, knot))
      * (combined - element_at(:map_from, knot)) / (element_at(:map_from, knot + 1) - element_at(:map_from, knot))
  ), 4) END AS score,
  CASE WHEN credible_people < :min_people THEN 'insufficient evidence' END AS no_score_reason,
  round(CAST(true_reach AS DOUBLE), 6) AS true_reach,
  round(amplification_x_posts / nullif(posts_weight, 0D), 6) AS amplification,
  round(low_x_posts / nullif(posts_weight, 0D), 6) AS amplification_low,
  round(high_x_posts / nullif(posts_weight, 0D), 6) AS amplification_high,
  CASE
    WHEN posts_weight > 0D THEN NULL
    WHEN shows_posts THEN 'no posts in the window'
    ELSE 'platform shows no posts'
  END AS amplification_missing_reason,
  round(CASE WHEN true_reach > 0 THEN network_x_reach / CAST(true_reach AS DOUBLE) ELSE network_best END, 6)
    AS network_influence,
  people,
  credible_people,
  last_day AS last_evidence_on,
  platforms,
  :model_version AS model_version
FROM mapped
