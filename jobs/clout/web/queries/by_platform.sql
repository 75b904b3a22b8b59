-- By platform
-- What the person's evidence is on each platform: who reacted, whose reaction is credible, how much of it is trusted, and how much counts.
-- moved: People moved, before the defences cut anything.
SELECT
  platform, people, credible_people, true_reach + reach_cut AS moved, trusted_evidence, reach_cut, true_reach,
  posts, amplification, amplification_low, amplification_high, network_influence, followers_count, listed_count, counter_based
FROM clout.platform_scores
WHERE ds = $day AND person_id = $person
ORDER BY platform
