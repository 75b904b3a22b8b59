-- Platform score: each platform's part of what a person's evidence is worth, feature by feature.
-- Meaning:  s = sum of beta_f * x_f,  x_f = min(1, ln(1 + f) / ln(1 + ref_f)),  f of the person, over all platforms together:
--     reach          True Reach
--     amplification  on the platform where it is best: max(0, amplification - alpha0 / (alpha0 + beta0)), measured against
--                    ref_amplification likewise
--     network        influential_people, see network.sql
--     counters       where a platform shows no act of anybody, what it counts: followers, lists and others. They stand for
--                    C = counter_people * min(1, index / counter_full) people, index: see counters.sql; of several such platforms
--                    the largest C. They fill in for people moved, and never add to them: people = max(True Reach, C). So 1,000
--                    bought followers move nobody past somebody with counter_people real people
--   A platform's part of a feature's points is its part of f. So no evidence is 0 points, the same people on a second platform add
--   nothing, and joining one can only help. s_variance: the part of the sampling variance of s, by the delta method from sampling_variance.sql
--   and the variance of the Beta distribution; of counters their own size, so that they can only widen an interval.
-- Unit: share of the full score, 0 to 1. Grain: one row per variant, platform, person_id.
-- Source: sql/v2/README.md.
-- Inputs: {reach}, {network}, {amplification}, {sampling_variance}, {counters}: see the queries of these names;
--   {platforms} (platform, shows_posts, shows_people)
-- Parameters:
--   alpha0 DOUBLE              prior: posts acted on
--   beta0 DOUBLE               prior: posts not acted on
--   beta_reach DOUBLE          weight of True Reach
--   beta_amplification DOUBLE  weight of Amplification Probability
--   beta_network DOUBLE        weight of Network Influence
--   counter_people DOUBLE      the most people that counters stand for
--   counter_full DOUBLE        the index that stands for so many
--   ref_reach DOUBLE           the value that counts as full
--   ref_amplification DOUBLE   the value that counts as full
--   ref_network DOUBLE         the value that counts as full
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH measured AS (
  SELECT
    r.variant, r.platform, r.person_id, r.true_reach, r.reach_cut, r.reach_held_back, r.trusted_evidence,
    r.people, r.credible_people, r.last_day,
    n.network_influence, n.influential_people, n.influential_cut,
    a.amplification, a.amplification_low, a.amplification_high, a.posts, a.posts_weight, a.acted_weight,
    p.shows_posts,
    CAST(NULL AS BIGINT) AS followers_count,
    CAST(NULL AS BIGINT) AS listed_count,
    false AS counter_based,
    0e0 AS by_followers, 0e0 AS by_listed, 0e0 AS by_others,
    CASE WHEN p.shows_posts THEN greatest(0e0, coalesce(a.amplification, 0e0) - :alpha0 / (:alpha0 + :beta0)) ELSE 0e0 END
      AS above_prior,
    coalesce(s.reach_variance, 0e0) AS reach_variance,
    coalesce(s.network_variance, 0e0) AS network_variance,
    coalesce(s.covariance, 0e0) AS covariance
  FROM {reach} AS r
  INNER JOIN {network} AS n ON n.variant = r.variant AND n.platform = r.platform AND n.person_id = r.person_id
  INNER JOIN {platforms} AS p ON p.platform = r.platform
  LEFT JOIN {amplification} AS a
    ON a.variant = r.variant AND a.platform = r.platform AND a.person_id = r.person_id
  LEFT JOIN {sampling_variance} AS s ON r.variant = 'now' AND s.platform = r.platform AND s.person_id = r.person_id
  UNION ALL
  SELECT
    c.variant, c.platform, c.person_id, 0e0, 0e0, 0e0, 0e0, 0, 0, CAST(NULL AS DATE),
    CAST(NULL AS DOUBLE), 0e0, 0e0,
    CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS BIGINT), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE),
    p.shows_posts, c.followers_count, c.listed_count, true,
    :counter_people / greatest(:counter_full, c.by_followers + c.by_listed + c.by_others) * c.by_followers,
    :counter_people / greatest(:counter_full, c.by_followers + c.by_listed + c.by_others) * c.by_listed,
    :counter_people / greatest(:counter_full, c.by_followers + c.by_listed + c.by_others) * c.by_others,
    0e0, 0e0,
    0e0, 0e0
  FROM {counters} AS c
  INNER JOIN {platforms} AS p ON p.platform = c.platform AND NOT p.shows_people
),
persons AS (
  SELECT
    variant, person_id,
    CAST(sum(CAST(true_reach AS DECIMAL(24, 12))) AS DOUBLE) AS reach,
    max(by_followers + by_listed + by_others) AS counted,
    CAST(sum(CAST(influential_people AS DECIMAL(24, 12))) AS DOUBLE) AS influential,
    max(above_prior) AS best
  FROM measured
  GROUP BY variant, person_id
),
best_on AS (
  SELECT m.variant, m.person_id, min(m.platform) AS platform
  FROM measured AS m
  INNER JOIN persons AS p ON p.variant = m.variant AND p.person_id = m.person_id AND p.best = m.above_prior
  WHERE p.best > 0e0
  GROUP BY m.variant, m.person_id
),
counted_on AS (
  SELECT m.variant, m.person_id, min(m.platform) AS platform
  FROM measured AS m
  INNER JOIN persons AS p
    ON p.variant = m.variant AND p.person_id = m.person_id AND p.counted = m.by_followers + m.by_listed + m.by_others
  WHERE p.counted > p.reach
  GROUP BY m.variant, m.person_id
),
moved AS (SELECT *, greatest(reach, counted) AS people_moved FROM persons),
weighed AS (
  SELECT
    m.*, b.platform IS NOT NULL AS is_best,
    -- Of counters counts what they are more than the reach, on one platform.
    CASE WHEN k.platform IS NOT NULL THEN (p.counted - p.reach) / p.counted ELSE 0e0 END AS fills,
    :beta_reach * least(1e0, ln(1e0 + p.people_moved) / ln(1e0 + :ref_reach)) / nullif(p.people_moved, 0e0) AS per_person,
    :beta_network * least(1e0, ln(1e0 + p.influential) / ln(1e0 + :ref_network)) / nullif(p.influential, 0e0) AS per_influential,
    -- How s changes with each measure: nothing at the upper end. Where a part is cut, a change is cut by the same share.
    CASE WHEN p.people_moved < :ref_reach
      THEN :beta_reach / ((1e0 + p.people_moved) * ln(1e0 + :ref_reach))
        * CASE WHEN m.counter_based THEN 1e0 ELSE coalesce(m.true_reach / nullif(m.true_reach + m.reach_cut, 0e0), 0e0) END
      ELSE 0e0 END AS per_reach,
    CASE WHEN p.influential < :ref_network
      THEN :beta_network / ((1e0 + p.influential) * ln(1e0 + :ref_network))
        * coalesce(m.influential_people / nullif(m.influential_people + m.influential_cut, 0e0), 0e0) ELSE 0e0 END AS per_network,
    CASE WHEN b.platform IS NOT NULL AND m.amplification < :ref_amplification
      THEN :beta_amplification / ((1e0 + m.above_prior) * ln(1e0 + :ref_amplification - :alpha0 / (:alpha0 + :beta0)))
      ELSE 0e0 END AS per_amplification,
    m.amplification * (1e0 - m.amplification) / (:alpha0 + :beta0 + m.posts_weight + 1e0) AS amplification_variance
  FROM measured AS m
  INNER JOIN moved AS p ON p.variant = m.variant AND p.person_id = m.person_id
  LEFT JOIN counted_on AS k ON k.variant = m.variant AND k.person_id = m.person_id AND k.platform = m.platform
  LEFT JOIN best_on AS b ON b.variant = m.variant AND b.person_id = m.person_id AND b.platform = m.platform
),
parts AS (
  SELECT
    *,
    coalesce(per_person * true_reach, 0e0) AS s_reach,
    CASE WHEN is_best THEN :beta_amplification
      * least(1e0, ln(1e0 + above_prior) / ln(1e0 + :ref_amplification - :alpha0 / (:alpha0 + :beta0))) ELSE 0e0 END
      AS s_amplification,
    coalesce(per_influential * influential_people, 0e0) AS s_network,
    coalesce(per_person * fills * by_followers, 0e0) AS s_followers,
    coalesce(per_person * fills * by_listed, 0e0) AS s_listed,
    coalesce(per_person * fills * by_others, 0e0) AS s_others,
    -- Counters are as uncertain as they are large: judges agree with them in 85 of 100 pairs.
    per_reach * per_reach * (reach_variance + power(fills * (by_followers + by_listed + by_others), 2e0)) AS own_variance
  FROM weighed
)
SELECT
  variant, platform, person_id,
  s_reach + s_amplification + s_network + s_followers + s_listed + s_others AS s,
  s_reach, s_amplification, s_network, s_followers, s_listed, s_others,
  greatest(0e0, own_variance
    + 2e0 * per_reach * per_network * covariance
    + per_network * per_network * network_variance
    + per_amplification * per_amplification * coalesce(amplification_variance, 0e0)) AS s_variance,
  true_reach, reach_cut, reach_held_back, trusted_evidence,
  network_influence, influential_people,
  amplification, amplification_low, amplification_high, posts, posts_weight, acted_weight, shows_posts,
  followers_count, listed_count, counter_based,
  people, credible_people, last_day
FROM parts
