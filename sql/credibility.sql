-- Credibility: how far a person's actions on a platform count as evidence.
-- Meaning: c = min(1, ln(1 + age_days / ramp_days)), x bot_factor for a declared bot; 1 where nothing is known.
--   The age is that of the date on which the evidence is evaluated. Of several accounts the most credible counts.
-- Unit: share, 0 to 1. Grain: one row per evaluated_on, platform, person_id with a known state.
-- Source: sql/README.md, Method, step 4.
-- Inputs: {account_states}; {persons} (account_key, person_id); {variants}, see score/variants.py
-- Parameters:
--   ramp_days DOUBLE   age at which credibility is ln(2)
--   bot_factor DOUBLE  what is left of a declared bot
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
SELECT
  v.evaluated_on,
  a.platform,
  coalesce(p.person_id, a.account_key) AS person_id,
  -- least and greatest pass over NULL: an unknown age must be asked for, or it would count as newborn.
  max(CASE WHEN a.created_at IS NULL THEN 1e0
    ELSE least(1e0, ln(1e0
      + greatest(0, unix_date(v.evaluated_on) - unix_date(CAST(a.created_at AS DATE))) / :ramp_days))
  END * CASE WHEN coalesce(a.is_bot, false) THEN :bot_factor ELSE 1e0 END) AS credibility,
  min(CAST(a.created_at AS DATE)) AS created_on
FROM {account_states} AS a
LEFT JOIN {persons} AS p ON p.account_key = a.account_key
CROSS JOIN (SELECT DISTINCT evaluated_on FROM {variants}) AS v
GROUP BY v.evaluated_on, a.platform, coalesce(p.person_id, a.account_key)
