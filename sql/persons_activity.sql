-- Activity of persons: the activity of the stored days, by persons on persons.
-- Meaning: accounts excluded on the score date are gone, as actors and as targets. The accounts of one person act as one, and
--   are acted on as one.
-- Unit: interactions. Grain: one row per ds, platform, kind and two accounts, by their persons.
-- Inputs: {activity} of the stored days; {excluded} (account_key);
--   {persons} (account_key, person_id) of people with several accounts
-- Split: {activity} by ds; rows by ds
-- Parameters: none
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
SELECT
  act.ds, act.platform, act.kind, act.n,
  coalesce(pa.person_id, act.actor) AS actor,
  coalesce(pt.person_id, act.target) AS target
FROM {activity} AS act
ANTI JOIN {excluded} AS ea ON ea.account_key = act.actor
ANTI JOIN {excluded} AS et ON et.account_key = act.target
LEFT JOIN {persons} AS pa ON pa.account_key = act.actor
LEFT JOIN {persons} AS pt ON pt.account_key = act.target
