-- clout.score_changes: how far a score moved, and why. Defined by sql/score_changes.sql.
-- Key: ds, person_id, days_before
CREATE TABLE clout.score_changes (
  ds DATE,
  person_id VARCHAR,
  days_before INTEGER,
  score DOUBLE PRECISION,
  score_before DOUBLE PRECISION,
  change DOUBLE PRECISION,
  they_did DOUBLE PRECISION,
  others_did DOUBLE PRECISION,
  left_window DOUBLE PRECISION,
  model_change DOUBLE PRECISION
);
COMMENT ON TABLE clout.score_changes IS 'One row per person, day and earlier day. The four causes sum to the change. The earlier score is computed anew from what is stored now, so late data counts.';
COMMENT ON COLUMN clout.score_changes.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.score_changes.person_id IS 'The person';
COMMENT ON COLUMN clout.score_changes.days_before IS 'The score is compared with that of so many days before';
COMMENT ON COLUMN clout.score_changes.score IS 'The score; NULL where there is none';
COMMENT ON COLUMN clout.score_changes.score_before IS 'The score of the earlier day, by the model of that day and the data of today; NULL where there was none';
COMMENT ON COLUMN clout.score_changes.change IS 'score - score_before; NULL where either is';
COMMENT ON COLUMN clout.score_changes.they_did IS 'Points by what the person did since: new posts and what those drew, acting back';
COMMENT ON COLUMN clout.score_changes.others_did IS 'Points by what others did since, by how the rank and trust of the actors changed, and by counters that changed';
COMMENT ON COLUMN clout.score_changes.left_window IS 'Points by evidence that left the window or weighs less by now';
COMMENT ON COLUMN clout.score_changes.model_change IS 'Points by a new model version';
