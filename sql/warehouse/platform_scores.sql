-- clout.platform_scores: what a person is worth on each platform. Defined by sql/platform_scores.sql and sql/platform_score.sql.
-- Key: ds, person_id, platform
CREATE TABLE clout.platform_scores (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person
  platform VARCHAR,  -- The source's name
  platform_score DOUBLE PRECISION,  -- The sum of the parts, 0 to 1; over platforms they combine so that joining one can only help
  s_reach DOUBLE PRECISION,  -- Part of True Reach
  s_amplification DOUBLE PRECISION,  -- Part of Amplification Probability
  s_network DOUBLE PRECISION,  -- Part of the influential people
  s_followers DOUBLE PRECISION,  -- Part of the followers, on counter-based platforms
  s_listed DOUBLE PRECISION,  -- Part of the lists, on counter-based platforms
  s_counters DOUBLE PRECISION,  -- Part of what else a counter-based platform counts; 0 before model v2
  true_reach DOUBLE PRECISION,  -- How many people the person really moves there
  reach_cut DOUBLE PRECISION,  -- How much reach was not counted: actors without a path of trust, actors who act on nobody else and crowds of one loud day, beyond what others confirm
  trusted_evidence DOUBLE PRECISION,  -- Reach through trusted actors
  amplification DOUBLE PRECISION,  -- Probability that a post is passed on or answered; NULL where there are no posts, or none that was read in the person's own feed
  amplification_low DOUBLE PRECISION,  -- Lower end of its 90 % interval
  amplification_high DOUBLE PRECISION,  -- Upper end of its 90 % interval
  posts BIGINT,  -- Own posts in the window, as the person's own feed shows them; 0 where posts are known, but their own feed was not read
  posts_weight DOUBLE PRECISION,  -- The same, weighted by recency
  acted_weight DOUBLE PRECISION,  -- Those of them that were passed on or answered, weighted by recency
  network_influence DOUBLE PRECISION,  -- How influential the people are whom the person moves, 0 to 100
  influential_people DOUBLE PRECISION,  -- The same as a number of people: each counts by how influential they are, a hundredth of their percentile
  followers_count BIGINT,  -- Followers as the platform counts them; only where counter_based
  listed_count BIGINT,  -- Lists as the platform counts them; only where counter_based
  counter_based BOOLEAN,  -- Whether the platform shows counters but no people
  people BIGINT,  -- Distinct people who acted on the person there
  credible_people BIGINT,  -- Those of them whose accounts are credible
  last_evidence_on DATE,  -- The last day on which somebody acted on the person there
  defence VARCHAR,  -- trust: people are told apart by whom trusted people acted on; none: there is no seed to tell by, and any crowd counts; NULL where only counters are shown
  model_version VARCHAR  -- The model file behind it
);
COMMENT ON TABLE clout.platform_scores IS 'One row per person, day and platform: the features and what they are worth. Not for hiring, credit, insurance or tiers of customer service.';
