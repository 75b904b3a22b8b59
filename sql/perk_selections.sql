-- Perk selections: who was drawn for which campaign, and by which rule, so that everybody can see why.
-- Meaning: the draws of the last 90 days of people who still agree to be drawn (purpose perks of consented.sql). A draw is by lot
--   among the eligible, see eligible.sql.
-- Unit: people. Grain: one row per ds, campaign, person_id.
-- Inputs: {selections}, the log of draws (campaign, selected_on, account_key, arm, eligible, seed, rule, query_hash);
--   {consented}, see consented.sql; {persons} (account_key, person_id)
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH drawn AS (
  SELECT
    s.campaign, coalesce(p.person_id, s.account_key) AS person_id, max(s.selected_on) AS selected_on,
    min(s.arm) AS arm, max(s.eligible) AS eligible, max(s.rule) AS rule, max(s.seed) AS seed, max(s.query_hash) AS query_hash
  FROM {selections} AS s
  LEFT JOIN {persons} AS p ON p.account_key = s.account_key
  WHERE date_diff(:day, s.selected_on) BETWEEN 0 AND 89
  GROUP BY s.campaign, coalesce(p.person_id, s.account_key)
)
SELECT :day AS ds, d.campaign, d.person_id, d.selected_on, d.arm, d.eligible, d.rule, d.seed, d.query_hash
FROM drawn AS d
INNER JOIN (SELECT person_id FROM {consented} WHERE purpose = 'perks') AS agreed ON agreed.person_id = d.person_id
