-- Drift: how unlike the published past a night's metrics are.
-- Meaning: expected is the median of the metric over the published days of the same weekday, at most :weeks of them, points
--   how many there are. spread is what one step from it is: the robust standard deviation 1.4826 MAD, and at least :floor of
--   the median and the square root of the median, by which a count scatters by chance; of a share at least :share_floor.
--   deviation is (value - expected) / spread. The rest is for the scores' distribution: psi = Σ (p - q) ln(p / q) over the ten
--   bins, p the share of tonight's scores, q that of the 28 days before, of the same model; half a score is added to every
--   bin. expected is what chance alone can make of it, mean and three deviations of a χ² with 9 degrees of freedom times
--   (1 / scores of tonight + 1 / scores of a day); spread is 0.1, the usual bound of "stable".
--   Fewer than four points judge nothing: there is no past yet.
-- Unit: of the metric; deviation in spreads. Grain: one row per dataset, platform, metric.
-- Source: operations.md, section 3.5; architecture.md, section 6; Yurdakul and Naranjo, Journal of Risk Model Validation 14
--   (2020), for what chance makes of psi.
-- Inputs: {metrics}, see metrics.sql, with ds and model_version; {past}, the same of published days
-- Parameters:
--   day DATE            the score date
--   weeks INT           how many weeks of the past count
--   floor DOUBLE        the least spread of a number of rows, as a share of its median
--   share_floor DOUBLE  the least spread of a share
-- Run: .venv/bin/python jobs/audit.py --day 2026-03-14 --run by-hand
WITH weekday AS (
  SELECT dataset, platform, metric, value, median(value) OVER (PARTITION BY dataset, platform, metric) AS expected
  FROM {past}
  WHERE ds < :day AND date_diff(:day, ds) <= 7 * :weeks AND date_diff(:day, ds) % 7 = 0
),
usual AS (
  SELECT
    dataset, platform, metric,
    count(*) AS points,
    max(expected) AS expected,
    1.4826 * median(abs(value - expected)) AS scatter
  FROM weekday
  GROUP BY dataset, platform, metric
),
judged AS (
  SELECT
    m.*,
    coalesce(u.points, 0) AS points,
    u.expected,
    CASE
      WHEN m.unit = 'rows' AND u.points > 0 THEN greatest(u.scatter, :floor * u.expected, sqrt(u.expected), 1)
      WHEN m.unit = 'share' AND u.points > 0 THEN greatest(u.scatter, :share_floor)
    END AS spread
  FROM {metrics} AS m
  LEFT JOIN usual AS u ON u.dataset = m.dataset AND u.platform = m.platform AND u.metric = m.metric AND m.unit <> 'bin'
),
before AS (
  SELECT p.metric, sum(p.value) AS n, count(*) AS points
  FROM {past} AS p
  INNER JOIN {metrics} AS m ON m.metric = p.metric AND m.dataset = p.dataset AND m.model_version = p.model_version
  WHERE m.unit = 'bin' AND p.ds < :day AND date_diff(:day, p.ds) <= 28
  GROUP BY p.metric
),
shares AS (
  SELECT
    m.ds, m.model_version,
    coalesce(b.points, 0) AS points,
    (m.value + 0.5) / (sum(m.value) OVER () + 5) AS p,
    (coalesce(b.n, 0) + 0.5) / (sum(coalesce(b.n, 0)) OVER () + 5) AS q,
    1 / greatest(sum(m.value) OVER (), 1) + coalesce(b.points, 0) / greatest(sum(coalesce(b.n, 0)) OVER (), 1) AS chance
  FROM {metrics} AS m
  LEFT JOIN before AS b ON b.metric = m.metric
  WHERE m.unit = 'bin'
),
psi AS (
  SELECT
    ds, model_version,
    max(points) AS points,
    CASE WHEN max(points) > 0 THEN sum((p - q) * ln(p / q)) END AS psi,
    CASE WHEN max(points) > 0 THEN (9 + 3 * sqrt(18)) * max(chance) END AS expected
  FROM shares
  GROUP BY ds, model_version
)
SELECT
  ds, dataset, platform, metric, unit, value, points, expected, spread, (value - expected) / spread AS deviation, model_version
FROM judged
UNION ALL
SELECT ds, 'scores', 'all', 'psi', 'psi', psi, points, expected, 0.1, (psi - expected) / 0.1, model_version
FROM psi
