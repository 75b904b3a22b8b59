-- What was asked, and what it cost
-- Requests to each platform, how many of the subjects answered, and what the platform charges for it.
SELECT
  platform, endpoint, sum(planned) AS planned, sum(complete) AS complete, sum(truncated) AS truncated, sum(skipped) AS skipped,
  sum(failed) AS failed, sum(rows) AS rows, sum(requests) AS requests, sum(cost_usd) AS cost_usd, max(reason) AS reason
FROM meta.pulls
WHERE ds = $day
GROUP BY platform, endpoint
ORDER BY platform, endpoint
