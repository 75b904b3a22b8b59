-- True Reach: how many people a person really moves.
-- Meaning: reach(u) = what counts of the sum over actors of weight(a, u) = credibility * q, see counted.sql.
--   One person repeating counts once at most. reach_cut: what does not count. trusted_evidence: the part of trusted actors.
--   people: distinct actors; credible_people: those of credibility at least credible_at.
-- Unit: people. Grain: one row per variant, platform, person_id.
-- Source: scoring.md, sections 1 and 2.
-- Inputs: {weights}, see weights.sql; {counted}, see counted.sql
-- Parameters:
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/reach.py --day 2026-03-14
SELECT
  c.variant, c.platform, c.person_id,
  c.people AS true_reach,
  c.people_cut AS reach_cut,
  c.trusted_people AS trusted_evidence,
  p.people, p.credible_people, p.last_day
FROM {counted} AS c
INNER JOIN (
  SELECT
    variant, platform, target,
    count(*) AS people,
    CAST(count_if(credibility >= :credible_at) AS BIGINT) AS credible_people,
    max(last_day) AS last_day
  FROM {weights}
  GROUP BY variant, platform, target
) AS p ON p.variant = c.variant AND p.platform = c.platform AND p.target = c.person_id
