-- Counters: what a platform's counters of a person are worth, as the platform counted them on the last day that a variant knows.
-- Meaning: index = sum over the counters that the platform shows of weight * ln(1 + counter): what people's judgements of pairs
--   go by, see research/labelled_pairs.py. by_followers, by_listed, by_others: its parts; others: following, mentions and shares received
--   and sent, and features of the network, where an export holds them. Of several accounts of a person on one platform the
--   largest of each part, since their followers are mostly the same.
-- Unit: none. Grain: one row per variant, platform, person_id of whom the platform gives any.
-- Source: the non-negative logistic regression of 1,244 judged pairs, `make fit`.
-- Inputs: {counter_states}, see counter_states.sql; {variants}; {excluded} (account_key); {persons} (account_key, person_id)
-- Parameters:
--   counter_follower_count DOUBLE  weight
--   counter_following_count DOUBLE  weight
--   counter_listed_count DOUBLE  weight
--   counter_mentions_received DOUBLE  weight
--   counter_retweets_received DOUBLE  weight
--   counter_mentions_sent DOUBLE  weight
--   counter_retweets_sent DOUBLE  weight
--   counter_network_feature_1 DOUBLE  weight
--   counter_network_feature_2 DOUBLE  weight
--   counter_network_feature_3 DOUBLE  weight
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH known AS (
  SELECT
    v.variant, a.platform, coalesce(p.person_id, a.account_key) AS person_id, a.followers_count, a.listed_count,
    coalesce(:counter_follower_count * ln(1e0 + a.followers_count), 0e0) AS by_followers,
    coalesce(:counter_listed_count * ln(1e0 + a.listed_count), 0e0) AS by_listed,
    coalesce(:counter_following_count * ln(1e0 + a.following_count), 0e0)
      + coalesce(:counter_mentions_received * ln(1e0 + a.mentions_received), 0e0)
      + coalesce(:counter_retweets_received * ln(1e0 + a.retweets_received), 0e0)
      + coalesce(:counter_mentions_sent * ln(1e0 + a.mentions_sent), 0e0)
      + coalesce(:counter_retweets_sent * ln(1e0 + a.retweets_sent), 0e0)
      + coalesce(:counter_network_feature_1 * ln(1e0 + a.network_feature_1), 0e0)
      + coalesce(:counter_network_feature_2 * ln(1e0 + a.network_feature_2), 0e0)
      + coalesce(:counter_network_feature_3 * ln(1e0 + a.network_feature_3), 0e0) AS by_others
  FROM {counter_states} AS a
  INNER JOIN {variants} AS v ON v.acts_until = a.ds
  ANTI JOIN {excluded} AS e ON e.account_key = a.account_key
  LEFT JOIN {persons} AS p ON p.account_key = a.account_key
)
SELECT
  variant, platform, person_id,
  max(followers_count) AS followers_count,
  max(listed_count) AS listed_count,
  max(by_followers) AS by_followers,
  max(by_listed) AS by_listed,
  max(by_others) AS by_others
FROM known
WHERE followers_count IS NOT NULL OR listed_count IS NOT NULL OR by_others > 0e0
GROUP BY variant, platform, person_id
