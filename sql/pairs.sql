-- Pairs: how surely one person moves another, over the window. The evidence behind reach and network.
-- Meaning:  m(d,a,u) = sum over kinds of base_k * n * max(1, A)^-gamma      A = all that a did that day on that platform
--           S(a,u)   = sum over days of 2^(-(T - d) / H) * m                 strength
--           R(a,u)   = min(S(a,u), S(u,a)) / max(S(a,u), S(u,a))             reciprocity, 0 when one-sided
--           q(a,u)   = (1 - e^(-S / kappa)) * (1 - rho * R)                  in [0, 1)
--   People excluded on the score date are gone, as actors and as targets, from every day of the window.
-- Unit: strength in likes by somebody who did nothing else that day; q a share, 0 to 1. Grain: one row per platform, actor, target.
-- Source: scoring.md, Evidence. Sums are of decimals, so that no order of adding can change a bit.
-- Inputs: {activity} of the window; {excluded} (account_key); {credibility} (account_key, credibility)
-- Parameters:
--   day DATE               T, the score date
--   base_like DOUBLE       strength of a like
--   base_mention DOUBLE    strength of a mention
--   base_reply DOUBLE      strength of a reply
--   base_quote DOUBLE      strength of a quote
--   base_share DOUBLE      strength of a share
--   gamma DOUBLE           selectivity
--   half_life_days DOUBLE  H
--   kappa DOUBLE           saturation
--   rho DOUBLE             reciprocity discount
-- Run: .venv/bin/python jobs/conform.py --day 2026-03-14
WITH evidence AS (
  SELECT act.*
  FROM {activity} AS act
  LEFT ANTI JOIN {excluded} AS ea ON ea.account_key = act.actor
  LEFT ANTI JOIN {excluded} AS et ON et.account_key = act.target
),
effort AS (
  SELECT ds, platform, actor, sum(n) AS actions
  FROM evidence
  GROUP BY ds, platform, actor
),
strengths AS (
  SELECT
    ev.platform, ev.actor, ev.target,
    CAST(sum(CAST(
      ev.n * power(greatest(1, ef.actions), -:gamma) * power(2D, -date_diff(:day, ev.ds) / :half_life_days)
      * CASE ev.kind
          WHEN 'like' THEN :base_like
          WHEN 'mention' THEN :base_mention
          WHEN 'reply' THEN :base_reply
          WHEN 'quote' THEN :base_quote
          WHEN 'share' THEN :base_share
        END
    AS DECIMAL(24, 12))) AS DOUBLE) AS strength,
    max(ev.ds) AS last_day
  FROM evidence AS ev
  INNER JOIN effort AS ef ON ef.ds = ev.ds AND ef.platform = ev.platform AND ef.actor = ev.actor
  GROUP BY ev.platform, ev.actor, ev.target
)
SELECT
  s.platform, s.actor, s.target, s.strength, s.last_day,
  (1D - exp(-s.strength / :kappa))
    -- least and greatest pass over NULL: whether anything came back must be asked, or one-sided would count as mutual.
    * (1D - CASE WHEN back.strength > 0D
        THEN :rho * least(s.strength, back.strength) / greatest(s.strength, back.strength) ELSE 0D END) AS q,
  coalesce(c.credibility, 1D) AS credibility
FROM strengths AS s
LEFT JOIN strengths AS back
  ON back.platform = s.platform AND back.actor = s.target AND back.target = s.actor
LEFT JOIN {credibility} AS c ON c.account_key = s.actor
