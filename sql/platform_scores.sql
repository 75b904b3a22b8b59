-- Platform scores: the published row of each person on each platform: features, what they are worth, and the evidence.
-- Meaning: platform_score = the sum of the s_, each feature's part of s in platform_score.sql, weight included.
--   defence: `trust` where people can be told apart by whom trusted people acted on; `none` where nobody is a seed
--   (on the platform; in v2 on any) and any crowd counts: name seeds in its source. NULL where only counters are shown.
-- Unit: people; probability; shares of the full score. Grain: one row per ds, person_id, platform.
-- Inputs: {platform_score}, see platform_score.sql; {audience}, see audience.sql
-- Parameters:
--   day DATE              the score date
--   model_version STRING  version of the model file
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT
  :day AS ds,
  s.person_id,
  s.platform,
  round(s.s, 6) AS platform_score,
  round(s_reach, 6) AS s_reach,
  round(s_amplification, 6) AS s_amplification,
  round(s_network, 6) AS s_network,
  round(s_followers, 6) AS s_followers,
  round(s_listed, 6) AS s_listed,
  round(s_others, 6) AS s_counters,
  round(true_reach, 6) AS true_reach,
  round(reach_cut, 6) AS reach_cut,
  round(trusted_evidence, 6) AS trusted_evidence,
  round(amplification, 6) AS amplification,
  round(amplification_low, 6) AS amplification_low,
  round(amplification_high, 6) AS amplification_high,
  posts,
  round(posts_weight, 6) AS posts_weight,
  round(acted_weight, 6) AS acted_weight,
  round(network_influence, 6) AS network_influence,
  round(influential_people, 6) AS influential_people,
  followers_count,
  listed_count,
  counter_based,
  s.people,
  s.credible_people,
  s.last_day AS last_evidence_on,
  CASE WHEN NOT s.counter_based THEN CASE WHEN p.seeded THEN 'trust' ELSE 'none' END END AS defence,
  :model_version AS model_version
FROM {platform_score} AS s
LEFT JOIN {audience} AS p ON p.variant = s.variant AND p.platform = s.platform AND p.person_id = s.person_id
WHERE s.variant = 'now'
