-- clout.scores: one person, one day, one score. Defined by sql/scores.sql and sql/score.sql.
-- Key: ds, person_id
CREATE TABLE clout.scores (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person; without declared links, the account key platform:id
  score DOUBLE PRECISION,  -- Points from 1 to 100; NULL where there is too little evidence
  score_low DOUBLE PRECISION,  -- Lower end of the score's 90 % interval, from the evidence's own sampling variance
  score_high DOUBLE PRECISION,  -- Upper end of that interval
  no_score_reason VARCHAR,  -- Why there is no score; NULL where there is one
  standing DOUBLE PRECISION,  -- The score with a half-life of a year: what a holiday does not erase. It reads the same window; older evidence is not stored. NULL where there is no score
  momentum DOUBLE PRECISION,  -- The score with the model's short half-life: half a day in v2, a week in v1. NULL where there is no score
  true_reach DOUBLE PRECISION,  -- How many people the person really moves
  reach_cut DOUBLE PRECISION,  -- How much reach was not counted: actors without a path of trust, actors who act on nobody else and crowds of one loud day, beyond what others confirm
  amplification DOUBLE PRECISION,  -- Probability that a post is passed on or answered; NULL where posts are unknown
  amplification_low DOUBLE PRECISION,  -- Lower end of its 90 % interval
  amplification_high DOUBLE PRECISION,  -- Upper end of its 90 % interval
  amplification_missing_reason VARCHAR,  -- Why amplification is NULL: own feed not read (only posts are known that others reacted to), no posts in the window, platform shows no posts
  network_influence DOUBLE PRECISION,  -- How influential the people are whom the person moves, 0 to 100; NULL where no platform shows who acts
  people BIGINT,  -- Distinct people who acted on the person in the window, each counted once over all platforms
  credible_people BIGINT,  -- Those of them whose accounts are credible
  last_evidence_on DATE,  -- The last day on which somebody acted on the person
  platforms VARCHAR,  -- Platforms with evidence, separated by commas
  counter_based BOOLEAN,  -- Whether a part of the score comes from a platform's counters of followers and lists, without seeing people
  model_version VARCHAR  -- The model file behind the score
);
COMMENT ON TABLE clout.scores IS 'One row per person and day: a score from 1 to 100 and the measures behind it. Not for hiring, credit, insurance or tiers of customer service.';
