-- Styles: how somebody behaves, as one of sixteen, and how much they reach out to others. No judgement, and no part of the score.
-- Meaning: create_share = originals / (originals + shares), NULL where these are fewer than 10; consistent = active days / window;
--     participate = talk / (originals + shares + talk); broad = min(1, (breadth - 1) / 9), NULL without topics
--     x = (rank(create_share) + rank(consistent)) / 2, from sharing and casual to creating and consistent
--     y = (rank(participate) + rank(broad)) / 2, from listening and focused to participating and broad
--   A part that is NULL is left out. rank: the share of the model's frozen reference below a value. style: the cell of a grid of four
--   by four, cut at the model's frozen quantiles of x and y. margin: the distance to the nearest cut; where it is below
--   style_margin, between_style is the style on its other side. No style where somebody did less than style_min_acts things or on
--   fewer than style_min_days days; where topics are unknown style_reason says so.
--   outreach_level: the largest n with 100 * (1.7^n - 1) / 0.7 <= outreach_points, at most 12.
--   Platforms that hide what people do to others understate talking and sharing.
-- Unit: see the column; shares, 0 to 1. Grain: one row per ds, person_id.
-- Source: names and grid as Klout's style matrix; what the axes are made of is ours. Levels: Kred's outreach.
-- Inputs: {doings}, see doings.sql; {score}, see score.sql; {style_ranks} (measure, above, upto, value, slope): value + slope * (v - above) for
--   above <= v < upto; {style_cells} (axis, cell, above, upto): above <= v < upto; {style_grid} (column_cell, row_cell, style)
-- Parameters:
--   day DATE              the score date
--   window_days INT       length of the window
--   style_min_acts INT    fewer own doings: no style
--   style_min_days INT    fewer active days: none either
--   style_margin DOUBLE   as near as this to a cut two styles are named
--   model_version STRING  version of the model file
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH measured AS (
  SELECT
    d.*,
    CASE WHEN d.originals + d.shares_given >= 10 THEN d.originals / CAST(d.originals + d.shares_given AS DOUBLE) END AS create_share,
    least(1e0, d.active_days / CAST(:window_days AS DOUBLE)) AS consistent,
    d.talk_given / nullif(CAST(d.originals + d.shares_given + d.talk_given AS DOUBLE), 0e0) AS participate,
    -- least passes over NULL.
    CASE WHEN d.breadth IS NOT NULL THEN least(1e0, (d.breadth - 1e0) / 9e0) END AS broad
  FROM {doings} AS d
  LEFT SEMI JOIN {score} AS s ON s.variant = 'now' AND s.person_id = d.person_id
),
each_measure AS (
  SELECT person_id, 'create' AS measure, 'x' AS axis, create_share AS v FROM measured
  UNION ALL SELECT person_id, 'consistent', 'x', consistent FROM measured
  UNION ALL SELECT person_id, 'participate', 'y', participate FROM measured
  UNION ALL SELECT person_id, 'broad', 'y', broad FROM measured
),
axes AS (
  SELECT e.person_id, e.axis, round(sum(CAST(r.value + r.slope * (e.v - r.above) AS DECIMAL(18, 9))) / count(*), 6) AS at
  FROM each_measure AS e
  INNER JOIN {style_ranks} AS r ON r.measure = e.measure AND e.v >= r.above AND e.v < r.upto
  GROUP BY e.person_id, e.axis
),
placed AS (
  SELECT
    a.person_id, a.axis, CAST(a.at AS DOUBLE) AS at, c.cell,
    CASE WHEN c.cell > 0 THEN CAST(a.at AS DOUBLE) - c.above END AS below,
    CASE WHEN c.cell < 3 THEN c.upto - CAST(a.at AS DOUBLE) END AS over
  FROM axes AS a
  INNER JOIN {style_cells} AS c ON c.axis = a.axis AND a.at >= c.above AND a.at < c.upto
),
nearest AS (
  SELECT
    *, least(coalesce(below, 9e0), coalesce(over, 9e0)) AS margin,
    CASE WHEN coalesce(below, 9e0) <= coalesce(over, 9e0) THEN cell - 1 ELSE cell + 1 END AS next_cell
  FROM placed
),
known AS (
  SELECT
    m.*, x.at AS x, y.at AS y,
    m.originals + m.shares_given + m.talk_given >= :style_min_acts AND m.active_days >= :style_min_days AND y.at IS NOT NULL AS is_known,
    x.cell AS x_cell, y.cell AS y_cell, least(x.margin, y.margin) AS margin,
    CASE WHEN x.margin <= y.margin THEN x.next_cell ELSE x.cell END AS other_x,
    CASE WHEN x.margin <= y.margin THEN y.cell ELSE y.next_cell END AS other_y
  FROM measured AS m
  LEFT JOIN nearest AS x ON x.person_id = m.person_id AND x.axis = 'x'
  LEFT JOIN nearest AS y ON y.person_id = m.person_id AND y.axis = 'y'
)
SELECT
  :day AS ds, k.person_id,
  CASE WHEN k.is_known THEN g.style END AS style,
  CASE WHEN k.is_known AND k.margin < :style_margin THEN o.style END AS between_style,
  CASE WHEN NOT k.is_known THEN 'not enough of their own doing' WHEN k.broad IS NULL THEN 'topics unknown' END AS style_reason,
  CASE WHEN k.is_known THEN k.x END AS x,
  CASE WHEN k.is_known THEN k.y END AS y,
  CASE WHEN k.is_known THEN round(k.margin, 6) END AS margin,
  round(k.create_share, 6) AS create_share, round(k.consistent, 6) AS consistent, round(k.participate, 6) AS participate,
  round(k.broad, 6) AS broad,
  k.originals, k.shares_given, k.talk_given, k.active_days,
  k.outreach_points, k.outreach_people,
  CAST(least(12e0, floor(ln(1e0 + 0.7e0 * k.outreach_points / 100e0) / ln(1.7e0) + 1e-9)) AS BIGINT) AS outreach_level,
  round(k.answered_people / nullif(CAST(k.outreach_people AS DOUBLE), 0e0), 6) AS answered_share,
  :model_version AS model_version
FROM known AS k
LEFT JOIN {style_grid} AS g ON g.column_cell = k.x_cell AND g.row_cell = k.y_cell
LEFT JOIN {style_grid} AS o ON o.column_cell = k.other_x AND o.row_cell = k.other_y
