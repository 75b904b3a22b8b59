-- clout.platform_scores: what a person is worth on each platform. Defined by sql/platform_scores.sql and sql/platform_score.sql.
-- Key: ds, person_id, platform
CREATE TABLE clout.platform_scores (
  ds DATE,
  person_id VARCHAR,
  platform VARCHAR,
  platform_score DOUBLE PRECISION,
  s_reach DOUBLE PRECISION,
  s_amplification DOUBLE PRECISION,
  s_network DOUBLE PRECISION,
  s_followers DOUBLE PRECISION,
  s_listed DOUBLE PRECISION,
  s_counters DOUBLE PRECISION,
  true_reach DOUBLE PRECISION,
  reach_cut DOUBLE PRECISION,
  trusted_evidence DOUBLE PRECISION,
  amplification DOUBLE PRECISION,
  amplification_low DOUBLE PRECISION,
  amplification_high DOUBLE PRECISION,
  posts BIGINT,
  posts_weight DOUBLE PRECISION,
  acted_weight DOUBLE PRECISION,
  network_influence DOUBLE PRECISION,
  influential_people DOUBLE PRECISION,
  followers_count BIGINT,
  listed_count BIGINT,
  counter_based BOOLEAN,
  people BIGINT,
  credible_people BIGINT,
  last_evidence_on DATE,
  defence VARCHAR,
  model_version VARCHAR
);
COMMENT ON TABLE clout.platform_scores IS 'One row per person, day and platform: the features and what they are worth. Not for hiring, credit, insurance or tiers of customer service.';
COMMENT ON COLUMN clout.platform_scores.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.platform_scores.person_id IS 'The person';
COMMENT ON COLUMN clout.platform_scores.platform IS 'The source''s name';
COMMENT ON COLUMN clout.platform_scores.platform_score IS 'The sum of the parts, 0 to 1; over platforms they combine so that joining one can only help';
COMMENT ON COLUMN clout.platform_scores.s_reach IS 'Part of True Reach';
COMMENT ON COLUMN clout.platform_scores.s_amplification IS 'Part of Amplification Probability';
COMMENT ON COLUMN clout.platform_scores.s_network IS 'Part of the influential people';
COMMENT ON COLUMN clout.platform_scores.s_followers IS 'Part of the followers, on counter-based platforms';
COMMENT ON COLUMN clout.platform_scores.s_listed IS 'Part of the lists, on counter-based platforms';
COMMENT ON COLUMN clout.platform_scores.s_counters IS 'Part of what else a counter-based platform counts; 0 before model v2';
COMMENT ON COLUMN clout.platform_scores.true_reach IS 'How many people the person really moves there';
COMMENT ON COLUMN clout.platform_scores.reach_cut IS 'How much reach was not counted: actors without a path of trust, actors who act on nobody else and crowds of one loud day, beyond what others confirm';
COMMENT ON COLUMN clout.platform_scores.trusted_evidence IS 'Reach through trusted actors';
COMMENT ON COLUMN clout.platform_scores.amplification IS 'Probability that a post is passed on or answered; NULL where there are no posts, or none that was read in the person''s own feed';
COMMENT ON COLUMN clout.platform_scores.amplification_low IS 'Lower end of its 90 % interval';
COMMENT ON COLUMN clout.platform_scores.amplification_high IS 'Upper end of its 90 % interval';
COMMENT ON COLUMN clout.platform_scores.posts IS 'Own posts in the window, as the person''s own feed shows them; 0 where posts are known, but their own feed was not read';
COMMENT ON COLUMN clout.platform_scores.posts_weight IS 'The same, weighted by recency';
COMMENT ON COLUMN clout.platform_scores.acted_weight IS 'Those of them that were passed on or answered, weighted by recency';
COMMENT ON COLUMN clout.platform_scores.network_influence IS 'How influential the people are whom the person moves, 0 to 100';
COMMENT ON COLUMN clout.platform_scores.influential_people IS 'The same as a number of people: each counts by how influential they are, a hundredth of their percentile';
COMMENT ON COLUMN clout.platform_scores.followers_count IS 'Followers as the platform counts them; only where counter_based';
COMMENT ON COLUMN clout.platform_scores.listed_count IS 'Lists as the platform counts them; only where counter_based';
COMMENT ON COLUMN clout.platform_scores.counter_based IS 'Whether the platform shows counters but no people';
COMMENT ON COLUMN clout.platform_scores.people IS 'Distinct people who acted on the person there';
COMMENT ON COLUMN clout.platform_scores.credible_people IS 'Those of them whose accounts are credible';
COMMENT ON COLUMN clout.platform_scores.last_evidence_on IS 'The last day on which somebody acted on the person there';
COMMENT ON COLUMN clout.platform_scores.defence IS 'trust: people are told apart by whom trusted people acted on; none: there is no seed to tell by, and any crowd counts; NULL where only counters are shown';
COMMENT ON COLUMN clout.platform_scores.model_version IS 'The model file behind it';
