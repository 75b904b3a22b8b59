-- Topic moved: how many people a person's posts about a topic move, how surely they came back, and what their acts are worth.
-- Meaning: people: distinct credible people who acted on the posts, over all platforms; back: those of them who did so on different
--   days; engagement_weight: of the acts of all, see topic_weights.sql; reach: what the bounds of capped_audience.sql leave of the people.
--   A topic may be a brand's (brand:slug).
-- Unit: people; worth that of daily_engagement.sql. Grain: one row per person_id, topic_id on whose posts somebody acted.
-- Source: sql/README.md, Topics.
-- Inputs: {topic_weights}, see topic_weights.sql; {topic_audience}: capped_audience.sql over them
-- Parameters:
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH audience AS (
  SELECT
    target, variant, actor, max(credibility) AS credibility, min(first_day) AS first_day, max(last_day) AS last_day,
    CAST(sum(CAST(engagement_weight AS DECIMAL(24, 12))) AS DOUBLE) AS engagement_weight
  FROM {topic_weights}
  GROUP BY target, variant, actor
),
bounded AS (
  SELECT person_id, variant, CAST(sum(CAST(people AS DECIMAL(24, 12))) AS DOUBLE) AS reach
  FROM {topic_audience}
  GROUP BY person_id, variant
)
SELECT a.target AS person_id, a.variant AS topic_id, a.people, a.back, a.engagement_weight, a.last_day, coalesce(b.reach, 0e0) AS reach
FROM (
  SELECT
    target, variant,
    CAST(count_if(credibility >= :credible_at) AS BIGINT) AS people,
    CAST(count_if(credibility >= :credible_at AND first_day < last_day) AS BIGINT) AS back,
    CAST(sum(CAST(engagement_weight AS DECIMAL(24, 12))) AS DOUBLE) AS engagement_weight,
    max(last_day) AS last_day
  FROM audience
  GROUP BY target, variant
) AS a
LEFT JOIN bounded AS b ON b.person_id = a.target AND b.variant = a.variant
