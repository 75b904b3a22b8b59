-- Classified: what becomes of each row of the day's snapshots. Exactly one disposition each, so that nothing is lost silently.
-- Meaning: kept, or the first reason that holds, in this order: unidentified (no actor or target is named), untimed,
--   outside_day (it happened on another day than the snapshot's), duplicate (the same interaction_key again),
--   self_interaction, excluded (actor or target is opted out, protected, suspended, a declared minor, or on the
--   operator's list), removed.
--   A list without times shows the same likes on every night that it is asked: of an interaction without a time only the
--   first observation counts, others up to repeat_days later are duplicates.
-- Grain: one row per row of {interactions} of {days}.
-- Inputs: {interactions} with platform and snapshot_date, of {days} and the repeat_days before each; {days} (ds);
--   {excluded} (ds, account_key)
-- Parameters:
--   repeat_days INT  for how many days after its first observation an interaction without a time may be shown again
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH numbered AS (
  SELECT
    snapshot_date AS ds, platform, kind, actor_key, target_account_key, target_post_key, occurred_at,
    occurred_precision, is_removed,
    date_diff(snapshot_date, lag(snapshot_date) OVER (
      PARTITION BY platform, interaction_key ORDER BY snapshot_date, raw_ref NULLS FIRST)) AS days_since_seen
  FROM {interactions}
)
SELECT
  n.ds,
  n.platform,
  n.kind,
  n.actor_key AS actor,
  n.target_account_key AS target,
  n.target_post_key AS post_key,
  CASE
    WHEN n.actor_key IS NULL OR n.target_account_key IS NULL THEN 'unidentified'
    WHEN n.occurred_at IS NULL AND n.occurred_precision <> 'observed_day' THEN 'untimed'
    WHEN n.occurred_at IS NOT NULL AND CAST(n.occurred_at AS DATE) <> n.ds THEN 'outside_day'
    WHEN n.days_since_seen <= CASE WHEN n.occurred_at IS NULL THEN :repeat_days ELSE 0 END THEN 'duplicate'
    WHEN n.actor_key = n.target_account_key THEN 'self_interaction'
    WHEN a.account_key IS NOT NULL OR t.account_key IS NOT NULL THEN 'excluded'
    WHEN n.is_removed THEN 'removed'
    ELSE 'kept'
  END AS disposition
FROM numbered AS n
LEFT SEMI JOIN {days} AS d ON d.ds = n.ds
LEFT JOIN {excluded} AS a ON a.ds = n.ds AND a.account_key = n.actor_key
LEFT JOIN {excluded} AS t ON t.ds = n.ds AND t.account_key = n.target_account_key
