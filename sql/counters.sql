-- Counters: a person's followers and lists on a platform, as the platform counted them on the last day that a variant knows.
-- Meaning: of several accounts of a person on one platform the largest number, since their followers are mostly the same.
-- Unit: followers; lists. Grain: one row per variant, platform, person_id of whom the platform gives either.
-- Inputs: {counter_states}, see counter_states.sql; {variants}; {excluded} (account_key); {persons} (account_key, person_id)
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT
  v.variant,
  a.platform,
  coalesce(p.person_id, a.account_key) AS person_id,
  max(a.followers_count) AS followers_count,
  max(a.listed_count) AS listed_count
FROM {counter_states} AS a
INNER JOIN {variants} AS v ON v.acts_until = a.ds
ANTI JOIN {excluded} AS e ON e.account_key = a.account_key
LEFT JOIN {persons} AS p ON p.account_key = a.account_key
WHERE a.followers_count IS NOT NULL OR a.listed_count IS NOT NULL
GROUP BY v.variant, a.platform, coalesce(p.person_id, a.account_key)
