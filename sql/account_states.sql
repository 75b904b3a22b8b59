-- Account states: what is known of each account on the score date, from every snapshot of the window.
-- Meaning: a full view beats a partial one, then the newest wins: a partial view's missing counters are not zeros.
--   Whether somebody may be named is said by views of the account itself, which tell its age, rather than by a mention of it.
--   Flags and status are the newest that any view showed, full or partial: a "no" counts from the first time it is seen. Of the
--   statuses of one day one that says that the person is gone counts, whoever else still has an old copy.
-- Grain: one row per account_key. ds is the score date.
-- Inputs: {accounts}, snapshots with platform and snapshot_date
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH views AS (
  SELECT
    *,
    struct(snapshot_date, fetched_at, coalesce(raw_ref, '')) AS seen,
    struct(created_at IS NOT NULL, snapshot_date, fetched_at, coalesce(raw_ref, '')) AS seen_itself,
    struct(state_complete, snapshot_date, fetched_at, coalesce(raw_ref, '')) AS precedence
  FROM {accounts}
)
SELECT
  :day AS ds,
  account_key,
  max_by(platform, precedence) AS platform,
  max_by(handle, precedence) AS handle,
  max_by(display_name, precedence) AS display_name,
  max_by(location, precedence) AS location,
  max(snapshot_date) FILTER (WHERE location IS NOT NULL) AS located_on,
  max_by(account_type, precedence) AS account_type,
  max_by(url, precedence) FILTER (WHERE url IS NOT NULL) AS url,
  max(snapshot_date) FILTER (WHERE state_complete) AS complete_on,
  max_by(created_at, precedence) FILTER (WHERE created_at IS NOT NULL) AS created_at,
  max_by(followers_count, precedence) AS followers_count,
  max_by(listed_count, precedence) AS listed_count,
  max_by(is_bot, seen) FILTER (WHERE is_bot IS NOT NULL) AS is_bot,
  max_by(is_minor, seen) FILTER (WHERE is_minor IS NOT NULL) AS is_minor,
  max_by(opt_out, seen) FILTER (WHERE opt_out IS NOT NULL) AS opt_out,
  max_by(is_protected, seen) FILTER (WHERE is_protected IS NOT NULL) AS is_protected,
  max_by(may_be_named, seen_itself) FILTER (WHERE may_be_named IS NOT NULL) AS may_be_named,
  max_by(status, struct(snapshot_date, status <> 'active', fetched_at, coalesce(raw_ref, ''))) AS status
FROM views
GROUP BY account_key
