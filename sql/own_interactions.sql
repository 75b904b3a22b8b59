-- Own interactions: how much of the window's activity is between two accounts of one person.
-- Meaning: people move themselves with every account that they have; such acts say nothing, and are left out of the evidence
--   (sql/daily_engagement.sql). Here they are counted, so that nothing is lost unseen.
-- Unit: interactions. Grain: one row in all.
-- Inputs: {activity} of the window (actor, target, n); {persons} (account_key, person_id) of linked accounts
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14 (its log says the number)
SELECT CAST(coalesce(sum(i.n), 0) AS BIGINT) AS n
FROM {activity} AS i
INNER JOIN {persons} AS a ON a.account_key = i.actor
INNER JOIN {persons} AS t ON t.account_key = i.target AND t.person_id = a.person_id
