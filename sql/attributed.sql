-- Attributed: which code each outcome came with.
-- Meaning: an outcome that carries a code is that code's, where the code was somebody's on the day. One that carries a visitor alone
--   goes to the last code with which that visitor came in the 7 days before it. Anything else is nobody's: code NULL. Of an id only
--   the first outcome counts, and of a visitor's clicks with one code on one day one.
-- Unit: outcomes. Grain: one row per event, happened_on, campaign, code, visitor and currency; campaign is what the code, else the
--   outcome says.
-- Inputs: {outcomes} of the window (event, happened_on, occurred_at, code, campaign, count, value, currency, visitor, outcome_id);
--   {campaigns} that hold on the score date (campaign, code, starts_on, ends_on)
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH told AS (
  SELECT
    o.event, o.happened_on, o.code, o.campaign, o.count, o.value, o.currency, o.visitor,
    coalesce(o.occurred_at, CAST(o.happened_on AS TIMESTAMP)) AS moment,
    row_number() OVER (PARTITION BY o.outcome_id ORDER BY o.happened_on, o.occurred_at NULLS LAST, o.code NULLS LAST) AS nth,
    o.outcome_id
  FROM {outcomes} AS o
  WHERE o.happened_on <= :day
),
-- Once each.
single AS (
  SELECT event, happened_on, code, campaign, visitor, currency, moment, count, value
  FROM told
  WHERE outcome_id IS NULL OR nth = 1
),
own AS (
  SELECT s.*, c.campaign AS its_campaign, c.code AS its_code, row_number() OVER (ORDER BY s.moment, s.event, s.code, s.visitor) AS nr
  FROM single AS s
  LEFT JOIN {campaigns} AS c
    ON c.code = s.code AND s.happened_on BETWEEN c.starts_on AND coalesce(c.ends_on, DATE '9999-12-31')
),
touches AS (
  SELECT DISTINCT visitor, moment, happened_on, its_campaign, its_code
  FROM own
  WHERE visitor IS NOT NULL AND its_code IS NOT NULL
),
later AS (
  SELECT o.nr, max_by(t.its_campaign, struct(t.moment, t.its_campaign, t.its_code)) AS its_campaign,
    max_by(t.its_code, struct(t.moment, t.its_campaign, t.its_code)) AS its_code
  FROM own AS o
  INNER JOIN touches AS t ON t.visitor = o.visitor AND t.moment <= o.moment AND date_diff(o.happened_on, t.happened_on) <= 7
  WHERE o.code IS NULL
  GROUP BY o.nr
),
placed AS (
  SELECT
    o.event, o.happened_on, o.visitor, o.currency, o.count, o.value,
    coalesce(o.its_campaign, l.its_campaign, o.campaign) AS campaign,
    coalesce(o.its_code, l.its_code) AS code
  FROM own AS o
  LEFT JOIN later AS l ON l.nr = o.nr
)
SELECT
  event, happened_on, campaign, code, visitor, currency,
  CAST(CASE WHEN event = 'click' AND visitor IS NOT NULL THEN 1 ELSE sum(count) END AS BIGINT) AS outcomes,
  CAST(sum(CAST(value AS DECIMAL(24, 6))) AS DOUBLE) AS value
FROM placed
GROUP BY event, happened_on, campaign, code, visitor, currency
