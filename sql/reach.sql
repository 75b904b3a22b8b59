-- True Reach: how many people a person really moves.
-- Meaning: reach(u) = sum over actors of credibility(a) * q(a, u). One person repeating counts once at most.
--   people: distinct actors; credible_people: those of credibility at least credible_at, on which abstention rests.
-- Unit: people. Grain: one row per platform, person_id.
-- Source: scoring.md, section 1.
-- Inputs: {pairs}, see pairs.sql
-- Parameters:
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/reach.py --day 2026-03-14
SELECT
  platform,
  target AS person_id,
  CAST(sum(CAST(credibility * q AS DECIMAL(24, 12))) AS DOUBLE) AS true_reach,
  count(*) AS people,
  count_if(credibility >= :credible_at) AS credible_people,
  max(last_day) AS last_day
FROM {pairs}
GROUP BY platform, target
