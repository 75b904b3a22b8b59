-- clout.scores: one person, one day, one score. Defined by sql/scores.sql and sql/score.sql.
-- Key: ds, person_id
CREATE TABLE clout.scores (
  ds DATE,
  person_id VARCHAR,
  score DOUBLE PRECISION,
  score_low DOUBLE PRECISION,
  score_high DOUBLE PRECISION,
  no_score_reason VARCHAR,
  standing DOUBLE PRECISION,
  momentum DOUBLE PRECISION,
  true_reach DOUBLE PRECISION,
  reach_cut DOUBLE PRECISION,
  amplification DOUBLE PRECISION,
  amplification_low DOUBLE PRECISION,
  amplification_high DOUBLE PRECISION,
  amplification_missing_reason VARCHAR,
  network_influence DOUBLE PRECISION,
  people BIGINT,
  credible_people BIGINT,
  last_evidence_on DATE,
  platforms VARCHAR,
  counter_based BOOLEAN,
  model_version VARCHAR
);
COMMENT ON TABLE clout.scores IS 'One row per person and day: a score from 1 to 100 and the measures behind it. Not for hiring, credit, insurance or tiers of customer service.';
COMMENT ON COLUMN clout.scores.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.scores.person_id IS 'The person; without declared links, the account key platform:id';
COMMENT ON COLUMN clout.scores.score IS 'Points from 1 to 100; NULL where there is too little evidence';
COMMENT ON COLUMN clout.scores.score_low IS 'Lower end of the score''s 90 % interval, from the evidence''s own sampling variance';
COMMENT ON COLUMN clout.scores.score_high IS 'Upper end of that interval';
COMMENT ON COLUMN clout.scores.no_score_reason IS 'Why there is no score; NULL where there is one';
COMMENT ON COLUMN clout.scores.standing IS 'The score with a half-life of a year: what a holiday does not erase. It reads the same window; older evidence is not stored. NULL where there is no score';
COMMENT ON COLUMN clout.scores.momentum IS 'The score with the model''s short half-life: half a day in v2, a week in v1. NULL where there is no score';
COMMENT ON COLUMN clout.scores.true_reach IS 'How many people the person really moves';
COMMENT ON COLUMN clout.scores.reach_cut IS 'How much reach was not counted: actors without a path of trust, actors who act on nobody else and crowds of one loud day, beyond what others confirm';
COMMENT ON COLUMN clout.scores.amplification IS 'Probability that a post is passed on or answered; NULL where posts are unknown';
COMMENT ON COLUMN clout.scores.amplification_low IS 'Lower end of its 90 % interval';
COMMENT ON COLUMN clout.scores.amplification_high IS 'Upper end of its 90 % interval';
COMMENT ON COLUMN clout.scores.amplification_missing_reason IS 'Why amplification is NULL: own feed not read (only posts are known that others reacted to), no posts in the window, platform shows no posts';
COMMENT ON COLUMN clout.scores.network_influence IS 'How influential the people are whom the person moves, 0 to 100; NULL where no platform shows who acts';
COMMENT ON COLUMN clout.scores.people IS 'Distinct people who acted on the person in the window, each counted once over all platforms';
COMMENT ON COLUMN clout.scores.credible_people IS 'Those of them whose accounts are credible';
COMMENT ON COLUMN clout.scores.last_evidence_on IS 'The last day on which somebody acted on the person';
COMMENT ON COLUMN clout.scores.platforms IS 'Platforms with evidence, separated by commas';
COMMENT ON COLUMN clout.scores.counter_based IS 'Whether a part of the score comes from a platform''s counters of followers and lists, without seeing people';
COMMENT ON COLUMN clout.scores.model_version IS 'The model file behind the score';
