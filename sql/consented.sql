-- Consented: what people agreed to, as of the score date; whatever selects or lists people for somebody else asks here.
-- Meaning: purpose: named, perks, care or regions; see agreed.sql. Who is not in scores, such as a minor, is not here.
-- Grain: one row per ds, person_id, purpose.
-- Inputs: {agreed}, see agreed.sql; {scores}, see scores.sql
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT s.ds, a.person_id, a.purpose, a.given_on
FROM {agreed} AS a
INNER JOIN {scores} AS s ON s.person_id = a.person_id
