-- Votes: how many people acted on each person of a platform, and how many votes these give.
-- Meaning: votes(u) = sum over credible actors of c(a) / (people a acted on), only of actors who acted on two people or more.
--   An actor has one vote to give: fresh accounts made for one person have none.
-- Unit: people; votes. Grain: one row per variant, platform, person_id; of the variants with strengths of their own.
-- Inputs: {ties}, see ties.sql; {variants}
-- Split: {ties} by target; rows by person_id
-- Parameters:
--   credible_at DOUBLE  credibility from which an actor is called credible
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
SELECT
  p.variant, p.platform, p.target AS person_id,
  count(*) AS people,
  CAST(sum(CAST(CASE WHEN p.credibility >= :credible_at AND p.targets >= 2 THEN p.credibility / p.targets ELSE 0e0 END
    AS DECIMAL(24, 12))) AS DOUBLE) AS votes
FROM {ties} AS p
INNER JOIN {variants} AS v ON v.variant = p.variant AND v.variant = v.strengths_from
GROUP BY p.variant, p.platform, p.target
