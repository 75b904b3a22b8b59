-- Topic weights: how far a tie counts by what was done on posts about one topic.
-- Meaning:  S_t(a,u) = sum over days and platforms of -ln(1 - p_t(d) * w(d)), p_t = 1 - e^(-m_t / kappa)     w: see tie_strengths.sql
--           weight_t = weight * (1 - e^-S_t) / (1 - e^-S), divided among platforms as S_t is; at most the tie's weight
--   engagement_weight: the sum of m_t over days, each by its age alone; it adds up over topics. The topic is the variant, so that capped_audience.sql
--   bounds it as it bounds reach; trust, named and unvouched parts are the tie's.
-- Unit: people. Grain: one row per variant (the topic), platform, actor, target.
-- Source: sql/README.md, Topics.
-- Inputs: {topic_days}; {weights}, see weights.sql; {variants}
-- Parameters:
--   kappa DOUBLE     what a day's acts must be worth to count 1 - 1/e
--   taper_days INT   over how many days at the window's end evidence fades out
--   window_days INT  length of the window
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH aged AS (
  SELECT
    d.topic_id, d.platform, d.actor, d.target, d.ds, d.engagement_weight,
    power(2e0, (unix_date(d.ds) - unix_date(v.evaluated_on)) / v.half_life_days) AS recency,
    least(1e0, greatest(0e0, (:window_days - unix_date(v.evaluated_on) + unix_date(d.ds)) / CAST(:taper_days AS DOUBLE))) AS taper
  FROM {topic_days} AS d
  INNER JOIN {variants} AS v ON v.variant = 'now'
),
summed AS (
  SELECT
    topic_id, platform, actor, target,
    CAST(sum(CAST(-ln(greatest(1e-12, 1e0 - (1e0 - exp(-engagement_weight / :kappa)) * recency * taper)) AS DECIMAL(24, 12))) AS DOUBLE) AS strength,
    CAST(sum(CAST(engagement_weight * recency AS DECIMAL(24, 12))) AS DOUBLE) AS engagement_weight,
    min(ds) AS first_day, max(ds) AS last_day
  FROM aged
  GROUP BY topic_id, platform, actor, target
),
united AS (
  SELECT
    topic_id, actor, target,
    CAST(sum(CAST(strength AS DECIMAL(24, 12))) AS DOUBLE) AS strength,
    CASE WHEN min(first_day) = max(last_day) THEN max(last_day) END AS only_day
  FROM summed
  GROUP BY topic_id, actor, target
),
parts AS (
  SELECT
    s.topic_id, s.engagement_weight, s.first_day, s.last_day, u.only_day, w.*,
    coalesce((1e0 - exp(-least(u.strength, w.strength))) / nullif(1e0 - exp(-w.strength), 0e0)
      * s.strength / nullif(u.strength, 0e0) / nullif(w.share, 0e0), 0e0) AS part
  FROM summed AS s
  INNER JOIN united AS u ON u.topic_id = s.topic_id AND u.actor = s.actor AND u.target = s.target
  INNER JOIN (
    SELECT
      platform, actor, target, strength, share, credibility, weight, trusted_weight, unvouched, named, unvouched_influential,
      influential, trusted_influential, trusted
    FROM {weights}
    WHERE variant = 'now'
  ) AS w ON w.platform = s.platform AND w.actor = s.actor AND w.target = s.target
)
SELECT
  topic_id AS variant, platform, actor, target, engagement_weight, first_day, last_day, only_day, credibility, named, trusted,
  weight * part AS weight,
  trusted_weight * part AS trusted_weight,
  unvouched * part AS unvouched,
  unvouched_influential * part AS unvouched_influential,
  influential * part AS influential,
  trusted_influential * part AS trusted_influential
FROM parts
