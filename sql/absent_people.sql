-- Absent people: people who were only mentioned on the stored days: they neither acted nor posted, nor drew another kind of act.
-- Meaning: a name that is mentioned need not belong to anybody, see daily_engagement.sql. Being active on one platform does
--   not make a person active on another.
-- Grain: one row per platform, person_id.
-- Inputs: {persons_activity}, and {posts}, of the stored days;
--   {persons} (account_key, person_id) of people with several accounts
-- Parameters: none
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
WITH mentioned AS (
  SELECT DISTINCT platform, target AS person_id FROM {persons_activity} WHERE kind = 'mention'
)
SELECT m.platform, m.person_id
FROM mentioned AS m
ANTI JOIN {persons_activity} AS acted ON acted.platform = m.platform AND acted.actor = m.person_id
ANTI JOIN (SELECT platform, target FROM {persons_activity} WHERE kind <> 'mention') AS drew
  ON drew.platform = m.platform AND drew.target = m.person_id
ANTI JOIN (
  SELECT o.platform, coalesce(p.person_id, o.author_key) AS person_id
  FROM {posts} AS o LEFT JOIN {persons} AS p ON p.account_key = o.author_key
) AS posted ON posted.platform = m.platform AND posted.person_id = m.person_id
