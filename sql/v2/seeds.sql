-- Seeds: people from whom trust starts. Those whom the operator names; on platforms where none is named, these:
-- Meaning: votes(u) = sum over credible actors of c(a) / (people a acted on), only of actors who acted on two people or more.
--   Who has at least seed_votes of them is a candidate, if old enough where the age is known, and if at least as many people
--   acted on them as on the seed_place-th most acted-on person of the platform (on the last, where there are fewer), and no
--   fewer than seed_people. Of the candidates the seed_place with most votes are seeds. So fewer accounts than act on that
--   person can elect nobody, whatever they do; and n accounts with one vote each elect at most n / seed_votes.
--   named: whether the operator named them.
-- Unit: votes. Grain: one row per variant, platform, person_id.
-- Source: sql/v2/README.md. More than that cannot be had where neither ages nor names are known: a crowd as
--   large as the honest one elects as many. Name seeds there.
-- Inputs: {votes}, see votes.sql; {variants}; {credibility} (evaluated_on, platform, person_id, created_on);
--   {named_seeds} (platform, account_key); {persons} (account_key, person_id)
-- Parameters:
--   seed_votes DOUBLE  how many votes make a candidate
--   seed_people INT    and how many people who act on them, at least
--   seed_place INT     how many seeds a platform has at most
--   seed_age_days INT  how old at least
-- Run: .venv/bin/python jobs/graph.py --day 2026-03-14
WITH audiences AS (
  SELECT *, row_number() OVER (PARTITION BY variant, platform ORDER BY people DESC, person_id) AS place FROM {votes}
),
least_audience AS (
  SELECT variant, platform, min(people) AS people FROM audiences WHERE place <= :seed_place GROUP BY variant, platform
),
candidates AS (
  SELECT
    a.variant, a.platform, a.person_id,
    row_number() OVER (PARTITION BY a.variant, a.platform ORDER BY a.votes DESC, a.person_id) AS place
  FROM audiences AS a
  INNER JOIN least_audience AS l ON l.variant = a.variant AND l.platform = a.platform
  INNER JOIN {variants} AS v ON v.variant = a.variant
  LEFT JOIN {credibility} AS c
    ON c.evaluated_on = v.evaluated_on AND c.platform = a.platform AND c.person_id = a.person_id
  WHERE a.votes >= :seed_votes AND a.people >= l.people AND a.people >= :seed_people
    AND (c.created_on IS NULL OR unix_date(v.evaluated_on) - unix_date(c.created_on) >= :seed_age_days)
)
SELECT v.variant, n.platform, coalesce(p.person_id, n.account_key) AS person_id, true AS named
FROM {named_seeds} AS n
LEFT JOIN {persons} AS p ON p.account_key = n.account_key
CROSS JOIN (SELECT variant FROM {variants} WHERE variant = strengths_from) AS v
UNION
SELECT c.variant, c.platform, c.person_id, false AS named
FROM candidates AS c
ANTI JOIN {named_seeds} AS named ON named.platform = c.platform
WHERE c.place <= :seed_place
