-- clout.sentiment: how a crowd's replies to a person sound. Defined by sql/sentiment.sql.
-- Key: ds, person_id
CREATE TABLE clout.sentiment (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person to whom people replied
  reactions BIGINT,  -- Replies of the window whose text was seen
  judged BIGINT,  -- Those of them that could be judged: in English, or judged by the operator
  judged_share DOUBLE PRECISION,  -- judged / reactions
  people BIGINT,  -- Distinct people who replied; at least 20
  approval DOUBLE PRECISION,  -- Mean over people of how their replies sound, -1 to 1; NULL with a reason
  approval_low DOUBLE PRECISION,  -- Lower end of its 90 % interval
  approval_high DOUBLE PRECISION,  -- Upper end of that interval
  negative_people_share DOUBLE PRECISION,  -- Share of the people whose replies sound negative, 0 to 1; NULL with a reason
  languages VARCHAR,  -- The languages of the replies, as the platforms say, by letter
  reason VARCHAR  -- Why there is no approval: language: fewer than half of the replies are in a language that is judged; too few judged: by fewer than 20 people; nobody judges: the extra `sentiment` is not installed; else NULL
);
COMMENT ON TABLE clout.sentiment IS 'One row per person to whom at least 20 people replied in the window: how the crowd sounds, not how good anybody is. A lexicon reads it, which knows no irony. It enters no score. Not for hiring, credit, insurance or tiers of customer service.';
