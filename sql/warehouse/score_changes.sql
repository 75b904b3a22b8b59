-- clout.score_changes: how far a score moved, and why. Defined by sql/score_changes.sql.
-- Key: ds, person_id, days_before
CREATE TABLE clout.score_changes (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person
  days_before INTEGER,  -- The score is compared with that of so many days before
  score DOUBLE PRECISION,  -- The score; NULL where there is none
  score_before DOUBLE PRECISION,  -- The score of the earlier day, by the model of that day and the data of today; NULL where there was none
  change DOUBLE PRECISION,  -- score - score_before; NULL where either is
  they_did DOUBLE PRECISION,  -- Points by what the person did since: new posts and what those drew, acting back
  others_did DOUBLE PRECISION,  -- Points by what others did since, by how the rank and trust of the actors changed, and by counters that changed
  left_window DOUBLE PRECISION,  -- Points by evidence that left the window or weighs less by now
  model_change DOUBLE PRECISION  -- Points by a new model version
);
COMMENT ON TABLE clout.score_changes IS 'One row per person, day and earlier day. The four causes sum to the change. The earlier score is computed anew from what is stored now, so late data counts.';
