-- Topic totals: what all acts on a person are worth, of which those on a topic are a share.
-- Meaning: worth = sum over actors, days and platforms of m, see daily_engagement.sql, each by its age alone as in topic_weights.sql.
-- Unit: that of daily_engagement.sql. Grain: one row per person_id, of those on whose posts about a topic somebody acted.
-- Inputs: {topic_weights}; {daily_engagement}, see daily_engagement.sql; {variants}
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT
  a.target AS person_id,
  CAST(sum(CAST(a.engagement_weight * power(2e0, (unix_date(a.ds) - unix_date(v.evaluated_on)) / v.half_life_days) AS DECIMAL(24, 12))) AS DOUBLE)
    AS engagement_weight
FROM {daily_engagement} AS a
LEFT SEMI JOIN {topic_weights} AS t ON t.target = a.target
INNER JOIN {variants} AS v ON v.variant = 'now' AND a.ds BETWEEN v.first_day AND v.acts_until
GROUP BY a.target
