-- Credibility: how far an account's actions count as evidence.
-- Meaning: c = min(1, ln(1 + age_days / ramp_days)), x bot_factor for a declared bot; 1 where nothing is known.
-- Unit: share, 0 to 1. Grain: one row per account_key with a known state.
-- Source: scoring.md, Evidence.
-- Inputs: {account_states}
-- Parameters:
--   day DATE           the score date
--   ramp_days DOUBLE   age at which credibility is ln(2)
--   bot_factor DOUBLE  what is left of a declared bot
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
SELECT
  account_key,
  -- least and greatest pass over NULL: an unknown age must be asked for, or it would count as newborn.
  CASE WHEN created_at IS NULL THEN 1D
    ELSE least(1D, ln(1D + greatest(0, date_diff(:day, CAST(created_at AS DATE))) / :ramp_days))
  END * CASE WHEN coalesce(is_bot, false) THEN :bot_factor ELSE 1D END AS credibility,
  CAST(created_at AS DATE) AS created_on
FROM {account_states}
