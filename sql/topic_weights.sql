-- Topic weights: how far a tie counts by what was done on posts about one topic.
-- Meaning:  S_t(a,u) = sum over days of 2^(-(T - d) / H) * m_t(d,a,u)              m_t: see topic_days.sql
--           weight_t = weight * (1 - e^(-S_t / kappa)) / (1 - e^(-S / kappa))      at most the tie's weight
--   engagement_weight: the same sum; it adds up over topics. The topic is the variant, so that capped_audience.sql bounds it as it bounds reach.
-- Unit: people. Grain: one row per variant (the topic), platform, actor, target.
-- Source: sql/README.md, Topics.
-- Inputs: {topic_days}; {weights}, see weights.sql; {variants}
-- Parameters:
--   kappa DOUBLE  saturation
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH summed AS (
  SELECT
    d.topic_id, d.platform, d.actor, d.target,
    CAST(sum(CAST(d.engagement_weight * power(2e0, (unix_date(d.ds) - unix_date(v.evaluated_on)) / v.half_life_days)
      AS DECIMAL(24, 12))) AS DOUBLE) AS engagement_weight,
    min(d.ds) AS first_day, max(d.ds) AS last_day
  FROM {topic_days} AS d
  INNER JOIN {variants} AS v ON v.variant = 'now'
  GROUP BY d.topic_id, d.platform, d.actor, d.target
),
parts AS (
  SELECT
    s.topic_id, s.engagement_weight, s.first_day, s.last_day, w.platform, w.actor, w.target, w.credibility, w.targets, w.trusted, w.weight,
    w.influential,
    least(1e0, coalesce((1e0 - exp(-s.engagement_weight / :kappa)) / nullif(1e0 - exp(-w.strength / :kappa), 0e0), 0e0)) AS part
  FROM summed AS s
  INNER JOIN {weights} AS w
    ON w.variant = 'now' AND w.platform = s.platform AND w.actor = s.actor AND w.target = s.target
)
SELECT
  topic_id AS variant, platform, actor, target, engagement_weight, first_day, last_day, credibility, targets, trusted,
  weight * part AS weight,
  influential * part AS influential
FROM parts
