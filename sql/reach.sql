-- True Reach: how many people a person really moves.
-- Meaning: reach(u) = sum over actors of weight(a, u), see weights.sql: credibility * q, and less for actors whom nobody trusts.
--   One person repeating counts once at most. reach_cut: what such actors would have added. trusted_evidence: the trusted part.
--   people: distinct actors; credible_people: those of credibility at least credible_at.
-- Unit: people. Grain: one row per variant, platform, person_id.
-- Source: scoring.md, sections 1 and 2.
-- Inputs: {weights}, see weights.sql
-- Parameters:
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/reach.py --day 2026-03-14
SELECT
  variant,
  platform,
  target AS person_id,
  CAST(sum(CAST(weight AS DECIMAL(24, 12))) AS DOUBLE) AS true_reach,
  CAST(sum(CAST(evidence - weight AS DECIMAL(24, 12))) AS DOUBLE) AS reach_cut,
  CAST(sum(CASE WHEN trusted THEN CAST(weight AS DECIMAL(24, 12)) ELSE 0 END) AS DOUBLE) AS trusted_evidence,
  count(*) AS people,
  CAST(count_if(credibility >= :credible_at) AS BIGINT) AS credible_people,
  max(last_day) AS last_day
FROM {weights}
GROUP BY variant, platform, target
