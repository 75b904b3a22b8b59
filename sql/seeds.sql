-- Seeds: people from whom trust starts. Those whom the operator names; on platforms where none is named, these:
-- Meaning: votes(u) = sum over credible actors of c(a) / (people a acted on), only of actors who acted on two people or more.
--   Who has at least seed_votes of them is a seed, if old enough where the age is known. An actor has one vote to give:
--   fresh accounts made for one person have none, and the number of seeds grows with the population, not with a list.
-- Unit: votes. Grain: one row per variant, platform, person_id.
-- Source: sql/README.md, Method, step 5. The first design took the 50 accounts with most distinct credible actors. A pod or a thousand socks could
--   become such seeds and trust each other.
-- Inputs: {votes}, see votes.sql; {variants}; {credibility} (evaluated_on, platform, person_id, created_on);
--   {named_seeds} (platform, account_key); {persons} (account_key, person_id)
-- Parameters:
--   seed_votes DOUBLE  how many votes make a seed
--   seed_age_days INT  how old at least
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
WITH voted AS (
  SELECT votes.variant, votes.platform, votes.person_id
  FROM {votes} AS votes
  INNER JOIN {variants} AS v ON v.variant = votes.variant
  LEFT JOIN {credibility} AS c
    ON c.evaluated_on = v.evaluated_on AND c.platform = votes.platform AND c.person_id = votes.person_id
  WHERE votes.votes >= :seed_votes
    AND (c.created_on IS NULL OR unix_date(v.evaluated_on) - unix_date(c.created_on) >= :seed_age_days)
)
SELECT v.variant, n.platform, coalesce(p.person_id, n.account_key) AS person_id
FROM {named_seeds} AS n
LEFT JOIN {persons} AS p ON p.account_key = n.account_key
CROSS JOIN (SELECT variant FROM {variants} WHERE variant = strengths_from) AS v
UNION
SELECT voted.variant, voted.platform, voted.person_id
FROM voted
ANTI JOIN {named_seeds} AS named ON named.platform = voted.platform
