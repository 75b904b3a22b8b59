-- clout.sentiment: how a crowd's replies to a person sound. Defined by sql/sentiment.sql.
-- Key: ds, person_id
CREATE TABLE clout.sentiment (
  ds DATE,
  person_id VARCHAR,
  reactions BIGINT,
  judged BIGINT,
  judged_share DOUBLE PRECISION,
  people BIGINT,
  approval DOUBLE PRECISION,
  approval_low DOUBLE PRECISION,
  approval_high DOUBLE PRECISION,
  negative_people_share DOUBLE PRECISION,
  languages VARCHAR,
  reason VARCHAR
);
COMMENT ON TABLE clout.sentiment IS 'One row per person to whom at least 20 people replied in the window: how the crowd sounds, not how good anybody is. A lexicon reads it, which knows no irony. It enters no score. Not for hiring, credit, insurance or tiers of customer service.';
COMMENT ON COLUMN clout.sentiment.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.sentiment.person_id IS 'The person to whom people replied';
COMMENT ON COLUMN clout.sentiment.reactions IS 'Replies of the window whose text was seen';
COMMENT ON COLUMN clout.sentiment.judged IS 'Those of them that could be judged: in English, or judged by the operator';
COMMENT ON COLUMN clout.sentiment.judged_share IS 'judged / reactions';
COMMENT ON COLUMN clout.sentiment.people IS 'Distinct people who replied; at least 20';
COMMENT ON COLUMN clout.sentiment.approval IS 'Mean over people of how their replies sound, -1 to 1; NULL with a reason';
COMMENT ON COLUMN clout.sentiment.approval_low IS 'Lower end of its 90 % interval';
COMMENT ON COLUMN clout.sentiment.approval_high IS 'Upper end of that interval';
COMMENT ON COLUMN clout.sentiment.negative_people_share IS 'Share of the people whose replies sound negative, 0 to 1; NULL with a reason';
COMMENT ON COLUMN clout.sentiment.languages IS 'The languages of the replies, as the platforms say, by letter';
COMMENT ON COLUMN clout.sentiment.reason IS 'Why there is no approval: language: fewer than half of the replies are in a language that is judged; too few judged: by fewer than 20 people; nobody judges: the extra `sentiment` is not installed; else NULL';
