-- Counter states: followers and lists of each account, as its platform counted them on the days that the score looks at.
-- Meaning: of the snapshots up to a day a full view beats a partial one, then the newest wins, as in account_states.sql. An
--   account that was first seen later has none yet.
-- Unit: followers; lists. Grain: one row per ds, account_key; ds is each acts_until of the variants.
-- Inputs: {accounts}, snapshots with platform and snapshot_date; {variants}, see influence/variants.py
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH views AS (
  SELECT
    d.ds, a.account_key, a.platform, a.followers_count, a.listed_count,
    struct(a.state_complete, a.snapshot_date, a.fetched_at, coalesce(a.raw_ref, '')) AS worth
  FROM {accounts} AS a
  INNER JOIN (SELECT DISTINCT acts_until AS ds FROM {variants}) AS d ON a.snapshot_date <= d.ds
)
SELECT
  ds, account_key,
  max_by(platform, worth) AS platform,
  max_by(followers_count, worth) AS followers_count,
  max_by(listed_count, worth) AS listed_count
FROM views
GROUP BY ds, account_key
