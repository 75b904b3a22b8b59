-- clout.score_explanations: where the points of a score come from. Defined by sql/score_explanations.sql.
-- Key: ds, person_id, platform, feature
CREATE TABLE clout.score_explanations (
  ds DATE,
  person_id VARCHAR,
  platform VARCHAR,
  feature VARCHAR,
  value DOUBLE PRECISION,
  points DOUBLE PRECISION
);
COMMENT ON TABLE clout.score_explanations IS 'One row per scored person, day, platform and feature. The points of a person sum to score - 1.';
COMMENT ON COLUMN clout.score_explanations.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.score_explanations.person_id IS 'The person';
COMMENT ON COLUMN clout.score_explanations.platform IS 'The source''s name';
COMMENT ON COLUMN clout.score_explanations.feature IS 'reach, amplification, network, followers or listed';
COMMENT ON COLUMN clout.score_explanations.value IS 'The feature in its own unit: people, probability, influential people, followers, lists; NULL where the platform did not show it';
COMMENT ON COLUMN clout.score_explanations.points IS 'Its points';
