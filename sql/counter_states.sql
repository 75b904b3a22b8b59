-- Counter states: followers, lists and what else is counted of each account, as its platform counted them on the days that the score looks at.
-- Meaning: of the snapshots up to a day a full view beats a partial one, then the newest wins, as in account_states.sql. An
--   account that was first seen later has none yet.
-- Unit: followers; lists; the others as the platform counts them. Grain: one row per ds, account_key; ds is each acts_until of the variants.
-- Inputs: {accounts}, snapshots with platform and snapshot_date; {variants}, see score/variants.py
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH views AS (
  SELECT
    d.ds, a.account_key, a.platform, a.followers_count, a.listed_count, a.following_count,
    a.mentions_received, a.retweets_received, a.mentions_sent, a.retweets_sent,
    a.network_feature_1, a.network_feature_2, a.network_feature_3,
    struct(a.state_complete, a.snapshot_date, a.fetched_at, coalesce(a.raw_ref, '')) AS precedence
  FROM {accounts} AS a
  INNER JOIN (SELECT DISTINCT acts_until AS ds FROM {variants}) AS d ON a.snapshot_date <= d.ds
)
SELECT
  ds, account_key,
  max_by(platform, precedence) AS platform,
  max_by(followers_count, precedence) AS followers_count,
  max_by(listed_count, precedence) AS listed_count,
  max_by(following_count, precedence) AS following_count,
  max_by(mentions_received, precedence) AS mentions_received,
  max_by(retweets_received, precedence) AS retweets_received,
  max_by(mentions_sent, precedence) AS mentions_sent,
  max_by(retweets_sent, precedence) AS retweets_sent,
  max_by(network_feature_1, precedence) AS network_feature_1,
  max_by(network_feature_2, precedence) AS network_feature_2,
  max_by(network_feature_3, precedence) AS network_feature_3
FROM views
GROUP BY ds, account_key
