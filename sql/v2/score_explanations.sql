-- Score explanations: where the points of a score come from, platform by platform, feature by feature.
-- Meaning: points(p, f) = (score - 1) * s_f / s. Within a person the parts of all platforms and features add up to s, see
--   platform_score.sql, so the points sum to score - 1. A feature without points has a row, too: it says what was looked at and
--   found to be nothing.
--   value: the feature itself, in its own unit; NULL where the platform did not show it.
-- Unit: points. Grain: one row per ds, person_id, platform, feature, for people with a score.
-- Inputs: {score}, see score.sql (its l is s); {platform_score}, see platform_score.sql
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH features AS (
  SELECT person_id, platform, 'reach' AS feature, s_reach AS s_feature, true_reach AS value
  FROM {platform_score} WHERE variant = 'now' AND NOT counter_based
  UNION ALL
  SELECT person_id, platform, 'amplification' AS feature, s_amplification AS s_feature, amplification AS value
  FROM {platform_score} WHERE variant = 'now' AND NOT counter_based
  UNION ALL
  SELECT person_id, platform, 'network' AS feature, s_network AS s_feature, influential_people AS value
  FROM {platform_score} WHERE variant = 'now' AND NOT counter_based
  UNION ALL
  SELECT person_id, platform, 'followers' AS feature, s_followers AS s_feature, CAST(followers_count AS DOUBLE) AS value
  FROM {platform_score} WHERE variant = 'now' AND counter_based
  UNION ALL
  SELECT person_id, platform, 'listed' AS feature, s_listed AS s_feature, CAST(listed_count AS DOUBLE) AS value
  FROM {platform_score} WHERE variant = 'now' AND counter_based
  UNION ALL
  SELECT person_id, platform, 'counters' AS feature, s_others AS s_feature, CAST(NULL AS DOUBLE) AS value
  FROM {platform_score} WHERE variant = 'now' AND counter_based AND s_others > 0e0
)
SELECT
  :day AS ds,
  f.person_id,
  f.platform,
  f.feature,
  round(f.value, 6) AS value,
  round(coalesce((now.score - 1e0) * f.s_feature / nullif(now.l, 0e0), 0e0), 4) AS points
FROM features AS f
INNER JOIN {score} AS now ON now.variant = 'now' AND now.person_id = f.person_id AND now.score IS NOT NULL
