-- Seeds: accounts from which trust starts, on platforms for which the operator names none.
-- Meaning: the accounts with most distinct credible actors, old enough where the age is known.
-- Grain: one row per platform, person_id; at most `seeds` a platform.
-- Source: scoring.md, section 2.
-- Inputs: {reach}, see reach.sql; {credibility} (account_key, created_on); {named_seeds} (platform, person_id)
-- Parameters:
--   day DATE           the score date
--   seeds INT          how many a platform
--   seed_age_days INT  how old at least
-- Run: .venv/bin/python jobs/network.py --day 2026-03-14
WITH ranked AS (
  SELECT
    r.platform, r.person_id,
    row_number() OVER (PARTITION BY r.platform ORDER BY r.credible_people DESC, r.person_id) AS place
  FROM {reach} AS r
  LEFT JOIN {credibility} AS c ON c.account_key = r.person_id
  WHERE c.created_on IS NULL OR date_diff(:day, c.created_on) >= :seed_age_days
)
SELECT platform, person_id FROM {named_seeds}
UNION
SELECT ranked.platform, ranked.person_id
FROM ranked
LEFT ANTI JOIN {named_seeds} AS named ON named.platform = ranked.platform
WHERE ranked.place <= :seeds
