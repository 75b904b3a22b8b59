-- Active people: people who acted, posted, or drew another kind of act than a mention, on any of the stored days.
-- Meaning: a name that is mentioned need not belong to anybody, see daily_engagement.sql. Being active on one platform does
--   not make a person active on another.
-- Grain: one row per platform, person_id.
-- Inputs: {persons_activity}, and {posts}, of the stored days;
--   {persons} (account_key, person_id) of people with several accounts
-- Parameters: none
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
SELECT platform, actor AS person_id FROM {persons_activity}
UNION
SELECT platform, target AS person_id FROM {persons_activity} WHERE kind <> 'mention'
UNION
SELECT o.platform, coalesce(p.person_id, o.author_key) AS person_id
FROM {posts} AS o LEFT JOIN {persons} AS p ON p.account_key = o.author_key
