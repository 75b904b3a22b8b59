-- clout.score_explanations: where the points of a score come from. Defined by sql/score_explanations.sql.
-- Key: ds, person_id, platform, feature
CREATE TABLE clout.score_explanations (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person
  platform VARCHAR,  -- The source's name
  feature VARCHAR,  -- reach, amplification, network, followers or listed
  value DOUBLE PRECISION,  -- The feature in its own unit: people, probability, influential people, followers, lists; NULL where the platform did not show it
  points DOUBLE PRECISION  -- Its points
);
COMMENT ON TABLE clout.score_explanations IS 'One row per scored person, day, platform and feature. The points of a person sum to score - 1.';
