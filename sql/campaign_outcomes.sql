-- Campaign outcomes: what came of a campaign, by the people who were in it.
-- Meaning: part is the person; `(others)` for all together who may not be told of: who did not agree to be drawn for campaigns
--   (purpose perks of consented.sql), opted out, or has no row in scores; `(unattributed)` for outcomes that name the campaign and
--   no code of it. Who was in the campaign and moved nobody has a row of zeros.
-- Unit: outcomes; people; value and cost in the campaign's currency. Grain: one row per ds, campaign, part, arm.
-- Inputs: {attributed}, see attributed.sql; {campaigns} (campaign, code, account_key, arm, starts_on, ends_on, cost, currency, perk,
--   disclosed); {consented}, see consented.sql; {persons} (account_key, person_id)
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH member AS (
  SELECT
    c.campaign, c.code, c.arm, c.starts_on, c.ends_on, c.cost, c.currency, c.perk, c.disclosed, agreed.person_id
  FROM {campaigns} AS c
  LEFT JOIN {persons} AS p ON p.account_key = c.account_key
  LEFT JOIN {consented} AS agreed
    ON agreed.purpose = 'perks' AND agreed.person_id = coalesce(p.person_id, c.account_key)
  WHERE c.starts_on <= :day
),
about AS (
  SELECT campaign, min(starts_on) AS starts_on, max(ends_on) AS ends_on, max(currency) AS currency
  FROM member
  GROUP BY campaign
),
parts AS (
  SELECT
    campaign, coalesce(person_id, '(others)') AS part, arm, count(DISTINCT code) AS codes,
    CAST(sum(CAST(cost AS DECIMAL(24, 6))) AS DOUBLE) AS cost,
    bool_or(coalesce(perk, false)) AS perk, bool_and(coalesce(disclosed, false)) AS disclosed
  FROM member
  GROUP BY campaign, coalesce(person_id, '(others)'), arm
),
done AS (
  SELECT
    a.campaign,
    CASE WHEN m.code IS NULL THEN '(unattributed)' ELSE coalesce(m.person_id, '(others)') END AS part,
    coalesce(m.arm, 'person') AS arm,
    CAST(sum(CASE WHEN a.event = 'click' THEN a.outcomes ELSE 0 END) AS BIGINT) AS clicks,
    CAST(sum(CASE WHEN a.event = 'visit' THEN a.outcomes ELSE 0 END) AS BIGINT) AS visits,
    CAST(sum(CASE WHEN a.event = 'signup' THEN a.outcomes ELSE 0 END) AS BIGINT) AS signups,
    CAST(sum(CASE WHEN a.event = 'purchase' THEN a.outcomes ELSE 0 END) AS BIGINT) AS purchases,
    count(DISTINCT a.visitor) AS visitors,
    CAST(sum(CAST(CASE WHEN a.currency = b.currency OR b.currency IS NULL THEN a.value END AS DECIMAL(24, 6))) AS DOUBLE) AS value,
    max(CASE WHEN a.value IS NOT NULL THEN a.currency END) AS currency
  FROM {attributed} AS a
  INNER JOIN about AS b ON b.campaign = a.campaign
  LEFT JOIN member AS m ON m.campaign = a.campaign AND m.code = a.code
  GROUP BY a.campaign, CASE WHEN m.code IS NULL THEN '(unattributed)' ELSE coalesce(m.person_id, '(others)') END,
    coalesce(m.arm, 'person')
)
SELECT
  :day AS ds,
  b.campaign,
  coalesce(p.part, d.part) AS part,
  coalesce(p.arm, d.arm) AS arm,
  CASE WHEN p.part <> '(others)' THEN p.part END AS person_id,
  b.starts_on,
  b.ends_on,
  coalesce(d.clicks, 0) AS clicks,
  coalesce(d.visits, 0) AS visits,
  coalesce(d.signups, 0) AS signups,
  coalesce(d.purchases, 0) AS purchases,
  coalesce(d.visitors, 0) AS visitors,
  round(d.value, 6) AS value,
  coalesce(b.currency, d.currency) AS currency,
  round(p.cost, 6) AS cost,
  p.perk,
  p.disclosed
FROM (
  SELECT campaign, part, arm FROM parts
  UNION
  SELECT campaign, part, arm FROM done
) AS each
INNER JOIN about AS b ON b.campaign = each.campaign
LEFT JOIN parts AS p ON p.campaign = each.campaign AND p.part = each.part AND p.arm = each.arm
LEFT JOIN done AS d ON d.campaign = each.campaign AND d.part = each.part AND d.arm = each.arm
