-- Platform score: what a person's evidence on one platform is worth, feature by feature.
-- Meaning:  s = sum of beta_f * x_f,  x_f = min(1, ln(1 + f) / ln(1 + ref_f)),  f counts from the model's prior on:
--     reach          True Reach
--     amplification  max(0, amplification - alpha0 / (alpha0 + beta0)), measured against ref_amplification likewise
--     network        influential_people, see network.sql
--     followers, listed   the platform's own counters, only where it shows no act of anybody: marked counter_based
--   So no evidence is 0 points. Who posts nothing, or whose own feed nobody reads, gets no points for amplification. Only where a platform shows no posts of
--   anybody does its weight go to the other two, so that not knowing neither helps nor harms.
--   s_variance: the sampling variance of s, by the delta method from sampling_variance.sql and the variance of the Beta distribution.
-- Unit: share of the full score, 0 to 1. Grain: one row per variant, platform, person_id.
-- Source: sql/README.md, Method, step 10.
-- Inputs: {reach}, {network}, {amplification}, {sampling_variance}, {counters}: see the queries of these names;
--   {platforms} (platform, shows_posts, shows_people)
-- Parameters:
--   alpha0 DOUBLE              prior: posts acted on
--   beta0 DOUBLE               prior: posts not acted on
--   beta_reach DOUBLE          weight of True Reach
--   beta_amplification DOUBLE  weight of Amplification Probability
--   beta_network DOUBLE        weight of Network Influence
--   beta_followers DOUBLE      weight of followers
--   beta_listed DOUBLE         weight of lists
--   ref_reach DOUBLE           the value that counts as full
--   ref_amplification DOUBLE   the value that counts as full
--   ref_network DOUBLE         the value that counts as full
--   ref_followers DOUBLE       the value that counts as full
--   ref_listed DOUBLE          the value that counts as full
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH measured AS (
  SELECT
    r.variant, r.platform, r.person_id, r.true_reach, r.reach_cut, r.trusted_evidence,
    r.people, r.credible_people, r.last_day,
    n.network_influence, n.influential_people, n.influential_cut,
    a.amplification, a.amplification_low, a.amplification_high, a.posts, a.posts_weight, a.acted_weight,
    p.shows_posts,
    CAST(NULL AS BIGINT) AS followers_count,
    CAST(NULL AS BIGINT) AS listed_count,
    false AS counter_based,
    CASE WHEN p.shows_posts THEN 1e0
      ELSE (:beta_reach + :beta_amplification + :beta_network) / (:beta_reach + :beta_network) END AS share,
    greatest(0e0, coalesce(a.amplification, 0e0) - :alpha0 / (:alpha0 + :beta0)) AS above_prior,
    s.reach_variance, s.network_variance, s.covariance
  FROM {reach} AS r
  INNER JOIN {network} AS n ON n.variant = r.variant AND n.platform = r.platform AND n.person_id = r.person_id
  INNER JOIN {platforms} AS p ON p.platform = r.platform
  LEFT JOIN {amplification} AS a
    ON a.variant = r.variant AND a.platform = r.platform AND a.person_id = r.person_id
  LEFT JOIN {sampling_variance} AS s ON r.variant = 'now' AND s.platform = r.platform AND s.person_id = r.person_id
  UNION ALL
  SELECT
    c.variant, c.platform, c.person_id, 0e0, 0e0, 0e0, 0, 0, CAST(NULL AS DATE),
    CAST(NULL AS DOUBLE), 0e0, 0e0,
    CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS BIGINT), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE),
    p.shows_posts, c.followers_count, c.listed_count, true, 1e0, 0e0, 0e0, 0e0, 0e0
  FROM {counters} AS c
  INNER JOIN {platforms} AS p ON p.platform = c.platform AND NOT p.shows_people
),
weighed AS (
  SELECT
    *,
    share * :beta_reach * least(1e0, ln(1e0 + true_reach) / ln(1e0 + :ref_reach)) AS s_reach,
    CASE WHEN shows_posts THEN :beta_amplification
      * least(1e0, ln(1e0 + above_prior) / ln(1e0 + :ref_amplification - :alpha0 / (:alpha0 + :beta0))) ELSE 0e0 END
      AS s_amplification,
    share * :beta_network * least(1e0, ln(1e0 + influential_people) / ln(1e0 + :ref_network)) AS s_network,
    :beta_followers * least(1e0, ln(1e0 + coalesce(followers_count, 0)) / ln(1e0 + :ref_followers)) AS s_followers,
    :beta_listed * least(1e0, ln(1e0 + coalesce(listed_count, 0)) / ln(1e0 + :ref_listed)) AS s_listed,
    -- How s changes with each measure: nothing at the upper end. Where a part is cut, a change is cut by the same share.
    CASE WHEN true_reach < :ref_reach
      THEN share * :beta_reach / ((1e0 + true_reach) * ln(1e0 + :ref_reach))
        * coalesce(true_reach / nullif(true_reach + reach_cut, 0e0), 0e0) ELSE 0e0 END AS per_reach,
    CASE WHEN shows_posts AND above_prior > 0e0 AND amplification < :ref_amplification
      THEN :beta_amplification / ((1e0 + above_prior) * ln(1e0 + :ref_amplification - :alpha0 / (:alpha0 + :beta0)))
      ELSE 0e0 END AS per_amplification,
    CASE WHEN influential_people < :ref_network
      THEN share * :beta_network / ((1e0 + influential_people) * ln(1e0 + :ref_network))
        * coalesce(influential_people / nullif(influential_people + influential_cut, 0e0), 0e0) ELSE 0e0 END AS per_network,
    amplification * (1e0 - amplification) / (:alpha0 + :beta0 + posts_weight + 1e0) AS amplification_variance
  FROM measured
)
SELECT
  variant, platform, person_id,
  s_reach + s_amplification + s_network + s_followers + s_listed AS s,
  s_reach, s_amplification, s_network, s_followers, s_listed, 0e0 AS s_others,
  greatest(0e0, per_reach * per_reach * coalesce(reach_variance, 0e0)
    + 2e0 * per_reach * per_network * coalesce(covariance, 0e0)
    + per_network * per_network * coalesce(network_variance, 0e0)
    + per_amplification * per_amplification * coalesce(amplification_variance, 0e0)) AS s_variance,
  true_reach, reach_cut, trusted_evidence,
  network_influence, influential_people,
  amplification, amplification_low, amplification_high, posts, posts_weight, acted_weight, shows_posts,
  followers_count, listed_count, counter_based,
  people, credible_people, last_day
FROM weighed
