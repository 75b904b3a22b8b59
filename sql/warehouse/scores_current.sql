-- clout.scores_current: the scores of the newest published day, for whoever does not want to think about days.
CREATE VIEW clout.scores_current AS
SELECT
  s.ds, s.person_id, coalesce(a.display_name, a.handle, s.person_id) AS name, s.score, s.no_score_reason, s.true_reach,
  s.amplification, s.network_influence, s.model_version
FROM clout.scores AS s
LEFT JOIN (
  SELECT ds, person_id, min(display_name) AS display_name, min(handle) AS handle
  FROM clout.accounts
  GROUP BY ds, person_id
) AS a ON a.ds = s.ds AND a.person_id = s.person_id
WHERE s.ds = (SELECT max(ds) FROM clout.scores);
COMMENT ON VIEW clout.scores_current IS 'One row per person of the newest published day, with a name to read.';
COMMENT ON COLUMN clout.scores_current.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.scores_current.person_id IS 'The person';
COMMENT ON COLUMN clout.scores_current.name IS 'Display name, else handle, else the key';
COMMENT ON COLUMN clout.scores_current.score IS 'Points from 1 to 100; NULL where there is too little evidence';
COMMENT ON COLUMN clout.scores_current.no_score_reason IS 'Why there is no score; NULL where there is one';
COMMENT ON COLUMN clout.scores_current.true_reach IS 'How many people the person really moves';
COMMENT ON COLUMN clout.scores_current.amplification IS 'Probability that a post is passed on or answered';
COMMENT ON COLUMN clout.scores_current.network_influence IS 'How influential the people are whom the person moves, 0 to 100';
COMMENT ON COLUMN clout.scores_current.model_version IS 'The model file behind the score';
