-- Person credentials: what people did beside the platforms, as an operator reviewed it, and how much an article about them is read.
-- Meaning: of people who agreed to be named (consented.sql) alone, and of rows that the reviewer accepted. A row is worth
--   weight(kind) * 2^(-years / 10): book 3, office 3, course 2, award 2, patent 2, article, talk and press 1. An article of
--   Wikipedia is worth a point for each power of ten of its views in the window: log10 of them.
--   total_points: of all rows of a person together, at most 10. Beside the score, like standing, and never in it.
-- Unit: points of credentials, 0 to 10; years. Grain: one row per ds, person_id, kind, title, evidence_url.
-- Inputs: {credentials} that holds on the score date (account_key, kind, title, year, evidence_url, registry, registry_id,
--   reviewed_by, decision); {external_signals} of the window (account_key, signal, period_start, value, source_endpoint, fetched_at);
--   {consented}, see consented.sql; {persons} (account_key, person_id)
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH listed AS (
  SELECT
    coalesce(p.person_id, c.account_key) AS person_id, c.kind, c.title, max(c.year) AS year, c.evidence_url,
    max(c.registry) AS registry, max(c.registry_id) AS registry_id, max(c.reviewed_by) AS reviewed_by
  FROM {credentials} AS c
  LEFT JOIN {persons} AS p ON p.account_key = c.account_key
  WHERE c.decision = 'accepted'
  GROUP BY coalesce(p.person_id, c.account_key), c.kind, c.title, c.evidence_url
),
-- What several snapshots say of a day, the newest says.
views AS (
  SELECT coalesce(p.person_id, w.account_key) AS person_id, sum(w.value) AS value
  FROM (
    SELECT account_key, period_start, max_by(value, struct(fetched_at, value, signal)) AS value
    FROM {external_signals}
    WHERE signal = 'wikipedia_pageviews'
    GROUP BY account_key, period_start
  ) AS w
  LEFT JOIN {persons} AS p ON p.account_key = w.account_key
  GROUP BY coalesce(p.person_id, w.account_key)
),
worth AS (
  SELECT
    person_id, kind, title, year, evidence_url, registry, registry_id, reviewed_by,
    CASE WHEN kind IN ('book', 'office') THEN 3e0 WHEN kind IN ('course', 'award', 'patent') THEN 2e0 ELSE 1e0 END
      * power(2e0, -greatest(0, year(:day) - year) / 10e0) AS points
  FROM listed
  UNION ALL
  SELECT
    person_id, 'wikipedia' AS kind, 'article about the person' AS title, year(:day) AS year, '' AS evidence_url,
    'none' AS registry, NULL AS registry_id, NULL AS reviewed_by, log10(value) AS points
  FROM views
  WHERE value >= 10
)
SELECT
  :day AS ds,
  w.person_id,
  w.kind,
  w.title,
  CAST(w.year AS INT) AS year,
  w.evidence_url,
  w.registry,
  w.registry_id,
  w.reviewed_by,
  round(w.points, 6) AS points,
  round(least(10e0, sum(w.points) OVER (PARTITION BY w.person_id)), 6) AS total_points
FROM worth AS w
INNER JOIN (SELECT person_id FROM {consented} WHERE purpose = 'named') AS agreed ON agreed.person_id = w.person_id
