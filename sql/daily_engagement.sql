-- Daily engagement: the weight of what one person did to another on one day. Additive: all later evidence is a sum of these.
-- Meaning:  m(d,a,u) = sum over kinds of base_k * n * (1 + O)^-gamma       O = all that a did to others that day on that platform
--   The friend who likes everything counts less than the one who never reacts; doing more for the same person never counts less.
--   A mention counts only for somebody who is there, see absent_people.sql: a name that everybody speaks of, and that belongs to
--   nobody, moves nobody; mention_absent is what is left of such mentions. What a person's accounts do to each other is dropped.
-- Unit: likes by somebody who did nothing else that day. Grain: one row per ds, platform, actor, target.
-- Source: sql/README.md, Method, step 1. Sums are of decimals, so that no order of adding can change a bit.
-- Inputs: {persons_activity}; {absent_people}: absent_people.sql
-- Split: {persons_activity} by ds; rows by ds then actor
-- Parameters:
--   first_day DATE         acts of this day
--   last_day DATE          to this one
--   base_like DOUBLE       strength of a like
--   base_mention DOUBLE    strength of a mention
--   base_reply DOUBLE      strength of a reply
--   base_quote DOUBLE      strength of a quote
--   base_share DOUBLE      strength of a share
--   mention_absent DOUBLE  what is left of a mention of somebody who is not there
--   gamma DOUBLE           selectivity
-- Run: .venv/bin/python jobs/ties.py --day 2026-03-14
WITH pair_days AS (
  SELECT
    ev.ds, ev.platform, ev.actor, ev.target,
    sum(ev.n) AS n,
    CAST(sum(CAST(
      ev.n * CASE ev.kind
        WHEN 'like' THEN :base_like
        WHEN 'mention' THEN :base_mention * CASE WHEN absent.person_id IS NULL THEN 1e0 ELSE :mention_absent END
        WHEN 'reply' THEN :base_reply
        WHEN 'quote' THEN :base_quote
        WHEN 'share' THEN :base_share
      END
    AS DECIMAL(24, 12))) AS DOUBLE) AS engagement_weight
  FROM {persons_activity} AS ev
  LEFT JOIN {absent_people} AS absent ON absent.platform = ev.platform AND absent.person_id = ev.target
  WHERE ev.actor <> ev.target AND ev.ds BETWEEN :first_day AND :last_day
  GROUP BY ev.ds, ev.platform, ev.actor, ev.target
)
SELECT
  p.ds, p.platform, p.actor, p.target,
  CAST(p.n AS BIGINT) AS n,
  p.engagement_weight * power(1e0 + b.n - p.n, -:gamma) AS engagement_weight
FROM pair_days AS p
INNER JOIN (
  SELECT ds, platform, actor, sum(n) AS n FROM pair_days GROUP BY ds, platform, actor
) AS b ON b.ds = p.ds AND b.platform = p.platform AND b.actor = p.actor
