-- Locations: what people wrote into the field for their place.
-- Meaning: as places.py reads them; see person_regions.sql.
-- Grain: one row per account_key, of accounts that state one.
-- Inputs: {account_states}, see account_states.sql
-- Parameters: none
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT account_key, location, located_on FROM {account_states} WHERE location IS NOT NULL
