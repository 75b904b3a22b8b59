-- clout.outcome_check: did the score, the reach or the followers foretell what people moved others to do, and did the campaign help?
CREATE VIEW clout.outcome_check AS
WITH counted AS (
  SELECT ds, campaign, starts_on, person_id, arm, 'click' AS event, clicks AS n FROM clout.campaign_outcomes
  UNION ALL
  SELECT ds, campaign, starts_on, person_id, arm, 'visit' AS event, visits AS n FROM clout.campaign_outcomes
  UNION ALL
  SELECT ds, campaign, starts_on, person_id, arm, 'signup' AS event, signups AS n FROM clout.campaign_outcomes
  UNION ALL
  SELECT ds, campaign, starts_on, person_id, arm, 'purchase' AS event, purchases AS n FROM clout.campaign_outcomes
),
told AS (
  SELECT * FROM counted WHERE person_id IS NOT NULL
),
scored AS (
  SELECT c.ds, c.campaign, max(s.ds) AS scored_on
  FROM (SELECT DISTINCT ds, campaign, starts_on FROM clout.campaign_outcomes) AS c
  INNER JOIN (SELECT DISTINCT ds FROM clout.scores) AS s ON s.ds <= c.starts_on
  GROUP BY c.ds, c.campaign
),
measured AS (
  SELECT
    t.ds, t.campaign, t.event, o.scored_on, t.n,
    coalesce(s.score, 0) AS score, coalesce(s.true_reach, 0) AS true_reach, coalesce(a.followers, 0) AS followers
  FROM told AS t
  INNER JOIN scored AS o ON o.ds = t.ds AND o.campaign = t.campaign
  INNER JOIN clout.scores AS s ON s.ds = o.scored_on AND s.person_id = t.person_id
  LEFT JOIN (
    SELECT ds, person_id, sum(followers_count) AS followers FROM clout.accounts GROUP BY ds, person_id
  ) AS a ON a.ds = o.scored_on AND a.person_id = t.person_id
  WHERE t.arm = 'person'
),
-- The mean rank of those who are equal.
ranked AS (
  SELECT
    ds, campaign, event, scored_on,
    rank() OVER (PARTITION BY ds, campaign, event ORDER BY n)
      + (count(*) OVER (PARTITION BY ds, campaign, event, n) - 1) / 2.0 AS of_n,
    rank() OVER (PARTITION BY ds, campaign, event ORDER BY score)
      + (count(*) OVER (PARTITION BY ds, campaign, event, score) - 1) / 2.0 AS of_score,
    rank() OVER (PARTITION BY ds, campaign, event ORDER BY true_reach)
      + (count(*) OVER (PARTITION BY ds, campaign, event, true_reach) - 1) / 2.0 AS of_reach,
    rank() OVER (PARTITION BY ds, campaign, event ORDER BY followers)
      + (count(*) OVER (PARTITION BY ds, campaign, event, followers) - 1) / 2.0 AS of_followers
  FROM measured
),
correlated AS (
  SELECT
    ds, campaign, event, max(scored_on) AS scored_on, count(*) AS people, regr_avgx(1, 1) AS one,
    CASE WHEN min(of_n) < max(of_n) AND min(of_score) < max(of_score) THEN corr(of_n, of_score) END AS spearman_score,
    CASE WHEN min(of_n) < max(of_n) AND min(of_reach) < max(of_reach) THEN corr(of_n, of_reach) END AS spearman_true_reach,
    CASE WHEN min(of_n) < max(of_n) AND min(of_followers) < max(of_followers) THEN corr(of_n, of_followers)
      END AS spearman_followers
  FROM ranked
  GROUP BY ds, campaign, event
),
-- The functions of regression of a column by itself: its mean, and the sum of its squares, as numbers of double precision anywhere.
arms AS (
  SELECT
    ds, campaign, event,
    sum(CASE WHEN arm = 'person' THEN 1 ELSE 0 END) AS drawn,
    sum(CASE WHEN arm = 'holdout' THEN 1 ELSE 0 END) AS held,
    regr_avgx(CASE WHEN arm = 'person' THEN n END, CASE WHEN arm = 'person' THEN n END) AS drawn_mean,
    regr_avgx(CASE WHEN arm = 'holdout' THEN n END, CASE WHEN arm = 'holdout' THEN n END) AS held_mean,
    regr_sxx(CASE WHEN arm = 'person' THEN n END, CASE WHEN arm = 'person' THEN n END)
      + regr_sxx(CASE WHEN arm = 'holdout' THEN n END, CASE WHEN arm = 'holdout' THEN n END) AS squares
  FROM told
  GROUP BY ds, campaign, event
),
-- Who was drawn is chance, so both arms vary alike but for what the campaign did: their variance is pooled.
spread AS (
  SELECT
    ds, campaign, event, drawn_mean, held_mean,
    CASE WHEN drawn > 1 AND held > 1 THEN drawn + held - 2 END AS freedom,
    CASE WHEN drawn > 1 AND held > 1 THEN squares / (drawn + held - 2) * (1.0 / drawn + 1.0 / held) END AS variance
  FROM arms
),
-- The 97.5 % quantile of Student's t by the normal one, 1.96, and two terms of its expansion.
widths AS (
  SELECT
    ds, campaign, event, drawn_mean, held_mean,
    sqrt(variance) * (1.959964 + 2.372271 / freedom + 2.822502 / (freedom * freedom)) AS width
  FROM spread
)
SELECT
  w.ds,
  w.campaign,
  w.event,
  c.scored_on,
  coalesce(c.people, 0) AS people,
  c.spearman_score,
  c.spearman_true_reach,
  c.spearman_followers,
  CASE WHEN c.people > 1 THEN c.one / sqrt(c.people - c.one) END AS standard_error,
  CASE
    WHEN coalesce(c.people, 0) < 20 THEN 'too few'
    WHEN greatest(coalesce(c.spearman_score, 0), coalesce(c.spearman_true_reach, 0), coalesce(c.spearman_followers, 0))
      < 2.5 / sqrt(c.people - c.one) THEN 'no evidence'
    WHEN coalesce(c.spearman_followers, 0) > greatest(coalesce(c.spearman_score, 0), coalesce(c.spearman_true_reach, 0))
      THEN 'followers'
    WHEN coalesce(c.spearman_score, 0) >= coalesce(c.spearman_true_reach, 0) THEN 'score'
    ELSE 'true reach'
  END AS verdict,
  w.drawn_mean,
  w.held_mean,
  w.drawn_mean - w.held_mean AS lift,
  w.drawn_mean - w.held_mean - w.width AS lift_low,
  w.drawn_mean - w.held_mean + w.width AS lift_high
FROM widths AS w
LEFT JOIN correlated AS c ON c.ds = w.ds AND c.campaign = w.campaign AND c.event = w.event;
COMMENT ON VIEW clout.outcome_check IS 'One row per campaign and kind of outcome: whether score, reach or followers, as of its start, went with what people moved others to do. A score that does not foretell your outcomes is of no use to you.';
COMMENT ON COLUMN clout.outcome_check.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.outcome_check.campaign IS 'The campaign';
COMMENT ON COLUMN clout.outcome_check.event IS 'click, visit, signup or purchase';
COMMENT ON COLUMN clout.outcome_check.scored_on IS 'The last published day by the campaign''s start, whose scores are compared: no outcome explains itself';
COMMENT ON COLUMN clout.outcome_check.people IS 'People who were drawn, agreed, and stood in scores that day';
COMMENT ON COLUMN clout.outcome_check.spearman_score IS 'Rank correlation of the outcomes with the score; NULL where all are equal';
COMMENT ON COLUMN clout.outcome_check.spearman_true_reach IS 'The same with True Reach';
COMMENT ON COLUMN clout.outcome_check.spearman_followers IS 'The same with the followers of all accounts';
COMMENT ON COLUMN clout.outcome_check.standard_error IS 'How far a rank correlation lies from 0 by chance alone';
COMMENT ON COLUMN clout.outcome_check.verdict IS 'too few: fewer than 20 people; no evidence: no correlation reaches 2.5 standard errors, which one of three does by chance in 2 of 100 campaigns; else what foretold best: score, true reach or followers';
COMMENT ON COLUMN clout.outcome_check.drawn_mean IS 'Outcomes per person who was drawn';
COMMENT ON COLUMN clout.outcome_check.held_mean IS 'Outcomes per person of the holdout, who could have been drawn and was not';
COMMENT ON COLUMN clout.outcome_check.lift IS 'The difference of the two: what the campaign itself did';
COMMENT ON COLUMN clout.outcome_check.lift_low IS 'Lower end of its 95 % interval (Student''s t with the pooled variance); NULL where an arm has fewer than two people';
COMMENT ON COLUMN clout.outcome_check.lift_high IS 'Upper end of that interval';
