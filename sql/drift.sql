-- Drift: how unlike the published past a night's metrics are.
-- Meaning: expected is the median of the metric over the published days of the same weekday, at most :weeks of them, points
--   how many there are. What has grown is expected to be as large as it is by now: a number of rows counts as much more as the
--   median of the seven days before the score date is above that of the seven before its own day, up to three times. spread is what
--   one step from it is: the robust standard deviation 1.4826 MAD, and at least :floor of the median and the square root of the
--   median, by which a count scatters by chance; for a value above it also half of what growth added, since growth may have gone
--   on faster; of a share at least :share_floor.
--   deviation is (value - expected) / spread. The rest is for the scores' distribution: psi = Σ (p - q) ln(p / q) over the ten
--   bins, p the share of tonight's scores, q that of the 28 days before, of the same model; half a score is added to every
--   bin. expected is what chance alone can make of it, mean and three deviations of a χ² with 9 degrees of freedom times
--   (1 / scores of tonight + 1 / scores of a day); spread is 0.1, the usual bound of "stable".
--   Fewer than four points judge nothing: there is no past yet. What the past counted in rows and tonight lacks is 0 tonight, of
--   the platforms that are still asked; a platform that the newest published day had and that is not asked any more is said
--   once, as conservation's asked.
--   Of all other units {bounds} says what holds without a past: ideal, the value of a night that moves nothing, usual, how far
--   from it a night is, and one step from there. expected is ideal + scale * usual, from four published days in the 28 before
--   on ideal + :gap * (their median - ideal); spread is the robust standard deviation of these days, at most three times
--   and at least scale * step + chance / √n, n being what the metric rests on, and scale * few / n: so few of them come together
--   on ordinary days.
--   movement is scaled, and recomputed and again: each person who may not be shown since takes other people's acts with them,
--   and scales these by one more, up to three (the ledger, which knows them, too, is left out). Of the unit people the newest published value is expected, and one of them is a step.
--   Of a print the newest published one is expected, of before that of until; deviation is 1 where it is another.
-- Unit: of the metric; deviation in spreads. Grain: one row per dataset, platform, metric.
-- Source: expectations/README.md, The bounds; Yurdakul and Naranjo, Journal of Risk Model Validation 14
--   (2020), for what chance makes of psi.
-- Inputs: {metrics}, see metrics.sql and movement.sql, with ds, model_version and n; {past}, the same of published days, without
--   n; {bounds} (dataset, metric, ideal, usual, step, chance, few), see expectations/bounds.toml;
--   {scales} (platform, scale): how much more than on a settled lake scores may move from one published day to the next
-- Parameters:
--   day DATE            the score date
--   weeks INT           how many weeks of the past count
--   floor DOUBLE        the least spread of a number of rows, as a share of its median
--   share_floor DOUBLE  the least spread of a share
--   gap DOUBLE          days since the newest published day
-- Run: .venv/bin/python jobs/audit.py --day 2026-03-14 --run by-hand
WITH asked AS (SELECT DISTINCT platform FROM {metrics}),
tonight AS (
  SELECT ds, dataset, platform, metric, unit, value, n, model_version FROM {metrics}
  UNION ALL
  SELECT DISTINCT :day, p.dataset, p.platform, p.metric, 'rows', 0e0, CAST(0 AS BIGINT), of_night.model_version
  FROM {past} AS p
  INNER JOIN asked ON asked.platform = p.platform
  CROSS JOIN (SELECT max(model_version) AS model_version FROM {metrics}) AS of_night
  LEFT ANTI JOIN {metrics} AS m ON m.dataset = p.dataset AND m.platform = p.platform AND m.metric = p.metric
  WHERE p.unit = 'rows' AND p.ds < :day AND date_diff(:day, p.ds) <= 7 * :weeks
  UNION ALL
  SELECT DISTINCT :day, 'conservation', p.platform, 'asked', 'kept', 0e0, CAST(1 AS BIGINT), of_night.model_version
  FROM {past} AS p
  INNER JOIN (SELECT max(ds) AS ds FROM {past} WHERE ds < :day) AS newest ON newest.ds = p.ds
  CROSS JOIN (SELECT max(model_version) AS model_version FROM {metrics}) AS of_night
  LEFT ANTI JOIN asked ON asked.platform = p.platform
  WHERE p.dataset = 'conservation' AND p.metric <> 'asked'
),
levels AS (
  SELECT d.ds, p.dataset, p.platform, p.metric, median(p.value) AS level
  FROM (SELECT ds FROM {past} UNION SELECT CAST(:day AS DATE)) AS d
  INNER JOIN {past} AS p ON p.ds < d.ds AND date_diff(d.ds, p.ds) <= 7
  WHERE p.unit = 'rows' AND date_diff(:day, d.ds) % 7 = 0
  GROUP BY d.ds, p.dataset, p.platform, p.metric
  HAVING count(*) >= 4
),
grown AS (
  SELECT
    p.dataset, p.platform, p.metric,
    CASE
      WHEN p.unit = 'rows' THEN p.value * least(greatest(coalesce(n.level / nullif(t.level, 0e0), 1e0), 1e0), 3e0)
      ELSE p.value
    END AS value,
    p.value AS as_it_was
  FROM {past} AS p
  LEFT JOIN levels AS t ON t.ds = p.ds AND t.dataset = p.dataset AND t.platform = p.platform AND t.metric = p.metric
  LEFT JOIN levels AS n ON n.ds = :day AND n.dataset = p.dataset AND n.platform = p.platform AND n.metric = p.metric
  WHERE p.ds < :day AND date_diff(:day, p.ds) <= 7 * :weeks AND date_diff(:day, p.ds) % 7 = 0
),
weekday AS (
  SELECT
    dataset, platform, metric, value,
    median(value) OVER (PARTITION BY dataset, platform, metric) AS expected,
    median(as_it_was) OVER (PARTITION BY dataset, platform, metric) AS as_it_was
  FROM grown
),
usual AS (
  SELECT
    dataset, platform, metric,
    count(*) AS points,
    max(expected) AS expected,
    max(as_it_was) AS as_it_was,
    1.4826 * median(abs(value - expected)) AS scatter
  FROM weekday
  GROUP BY dataset, platform, metric
),
judged AS (
  SELECT
    m.ds, m.dataset, m.platform, m.metric, m.unit, m.value, m.model_version,
    coalesce(u.points, 0) AS points,
    u.expected,
    CASE
      WHEN m.unit = 'rows' AND u.points > 0 THEN greatest(
        u.scatter, :floor * u.expected, sqrt(u.expected), 1,
        CASE WHEN m.value > u.expected THEN (u.expected - u.as_it_was) / 2 ELSE 0e0 END
      )
      WHEN m.unit = 'share' AND u.points > 0 THEN greatest(u.scatter, :share_floor)
    END AS spread
  FROM tonight AS m
  LEFT JOIN usual AS u ON u.dataset = m.dataset AND u.platform = m.platform AND u.metric = m.metric AND m.unit <> 'bin'
  LEFT ANTI JOIN {bounds} AS b ON b.dataset = m.dataset AND b.metric = m.metric
  WHERE m.unit NOT IN ('people', 'print')
),
counted AS (
  SELECT dataset, platform, metric, count(*) AS points, max_by(value, ds) AS newest
  FROM {past}
  WHERE unit = 'people' AND ds < :day AND date_diff(:day, ds) <= 7 * :weeks
  GROUP BY dataset, platform, metric
),
hidden AS (
  SELECT least(1e0 + coalesce(sum(greatest(m.value - c.newest, 0e0)), 0e0), 3e0) AS scale
  FROM {metrics} AS m
  INNER JOIN counted AS c ON c.dataset = m.dataset AND c.platform = m.platform AND c.metric = m.metric
  WHERE m.unit = 'people' AND m.metric <> 'ledger'
),
prints AS (
  SELECT dataset, metric, count(*) AS points, max_by(value, ds) AS newest
  FROM {past}
  WHERE unit = 'print' AND ds < :day
  GROUP BY dataset, metric
),
any_day AS (
  SELECT dataset, platform, metric, value, median(value) OVER (PARTITION BY dataset, platform, metric) AS middle
  FROM {past}
  WHERE ds < :day AND date_diff(:day, ds) <= 28 AND unit NOT IN ('rows', 'share', 'bin', 'psi', 'people', 'print')
),
learnt AS (
  SELECT
    dataset, platform, metric,
    count(*) AS points,
    max(middle) AS middle,
    1.4826 * median(abs(value - middle)) AS scatter
  FROM any_day
  GROUP BY dataset, platform, metric
),
bounded AS (
  SELECT
    m.ds, m.dataset, m.platform, m.metric, m.unit, m.value, m.model_version,
    coalesce(l.points, 0) AS points,
    CASE WHEN l.points >= 4 THEN b.ideal + m.gap * (l.middle - b.ideal) ELSE b.ideal + m.scale * b.usual END AS expected,
    greatest(m.scale * b.step + b.chance / sqrt(greatest(m.n, 1)), m.scale * b.few / greatest(m.n, 1)) AS stated,
    CASE WHEN l.points >= 4 THEN l.scatter ELSE 0e0 END AS scatter
  FROM (
    SELECT
      t.*,
      CASE
        WHEN t.dataset = 'movement' THEN coalesce(s.scale, :gap)
        WHEN t.dataset IN ('recomputed', 'again') THEN h.scale
        ELSE 1e0
      END AS scale,
      CASE WHEN t.dataset = 'movement' THEN :gap ELSE 1e0 END AS gap
    FROM tonight AS t
    LEFT JOIN {scales} AS s ON s.platform = t.platform
    CROSS JOIN hidden AS h
  ) AS m
  INNER JOIN {bounds} AS b ON b.dataset = m.dataset AND b.metric = m.metric
  LEFT JOIN learnt AS l ON l.dataset = m.dataset AND l.platform = m.platform AND l.metric = m.metric
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
SELECT
  ds, dataset, platform, metric, unit, value, points, expected,
  greatest(stated, least(scatter, 3e0 * stated)) AS spread,
  (value - expected) / greatest(stated, least(scatter, 3e0 * stated)) AS deviation,
  model_version
FROM bounded
UNION ALL
SELECT
  m.ds, m.dataset, m.platform, m.metric, m.unit, m.value, coalesce(c.points, 0), coalesce(c.newest, m.value), 1e0,
  m.value - coalesce(c.newest, m.value), m.model_version
FROM tonight AS m
LEFT JOIN counted AS c ON c.dataset = m.dataset AND c.platform = m.platform AND c.metric = m.metric
WHERE m.unit = 'people'
UNION ALL
SELECT
  m.ds, m.dataset, m.platform, m.metric, m.unit, m.value, coalesce(c.points, 0), c.newest, 1e0,
  CASE WHEN m.value <> c.newest THEN 1e0 ELSE 0e0 END, m.model_version
FROM tonight AS m
LEFT JOIN prints AS c ON c.dataset = m.dataset AND c.metric = CASE m.metric WHEN 'before' THEN 'until' ELSE m.metric END
WHERE m.unit = 'print'
UNION ALL
SELECT ds, 'scores', 'all', 'psi', 'psi', psi, points, expected, 0.1, (psi - expected) / 0.1, model_version
FROM psi
