-- Pulls: what each platform was asked that day, and what came of it. Tells a quiet day from a blind one.
-- Meaning: of the subjects planned (accounts, posts, files), how many were complete, truncated, skipped or failed.
--   blind: something was asked there and nothing of it was answered; rows that are not there then mean nothing. What the
--   deadline cut before it gave anything was asked, too, though it is left out rather than failed.
--   Nothing is answered either where nine of ten rows, or more, could not be read. platform_blind: the same of the whole
--   platform. reason: one of those given: that nobody is named, else the first in the alphabet.
--   drift: how the columns of a file, or the fields of an endpoint's answers, differ from those of the day pulled before;
--   of the first such file.
--   excluded: rows that did not land, by what was known when the source was pulled. What a source that is pulled later says
--   of one of its people leaves out the rest when the day is conformed, and meta.conservation counts it there: in which of the
--   two a row is counted depends on the order of sources, what is scored does not.
-- Unit: subjects; rows; requests; dollars. Grain: one row per ds, platform, endpoint, snapshot (the table that rows went to).
-- Inputs: {manifest}, the manifests of the days
-- Parameters: none
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH summed AS (
  SELECT
    snapshot_date AS ds, platform, endpoint, `table` AS snapshot,
    count(*) AS planned,
    count(*) FILTER (WHERE status = 'complete') AS complete,
    count(*) FILTER (WHERE status = 'truncated') AS truncated,
    count(*) FILTER (WHERE status = 'skipped') AS skipped,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (
      WHERE status = 'failed' OR (status = 'skipped' AND requests > 0 AND startswith(reason, 'deadline'))
    ) AS unanswered,
    CAST(sum(rows) AS BIGINT) AS rows,
    CAST(sum(rows_quarantined) AS BIGINT) AS quarantined,
    CAST(coalesce(sum(rows_excluded), 0) AS BIGINT) AS excluded,
    CAST(coalesce(sum(requests), 0) AS BIGINT) AS requests,
    coalesce(sum(cost_units), CAST(0 AS DOUBLE)) AS cost_usd,
    coalesce(
      min(reason) FILTER (WHERE reason LIKE 'nobody_named%'), min(reason) FILTER (WHERE status <> 'complete')
    ) AS reason,
    min(drift) AS drift
  FROM {manifest}
  GROUP BY snapshot_date, platform, endpoint, `table`
)
SELECT
  ds, platform, endpoint, snapshot, planned, complete, truncated, skipped, failed, rows, quarantined, excluded,
  requests, cost_usd,
  (unanswered > 0 AND complete + truncated = 0) OR (quarantined > 0 AND quarantined >= 9 * (rows + excluded)) AS blind,
  (
    sum(unanswered) OVER (PARTITION BY ds, platform) > 0
    AND sum(complete + truncated) OVER (PARTITION BY ds, platform) = 0
  ) OR (
    sum(quarantined) OVER (PARTITION BY ds, platform) > 0
    AND sum(quarantined - 9 * (rows + excluded)) OVER (PARTITION BY ds, platform) >= 0
  ) AS platform_blind,
  reason, drift
FROM summed
