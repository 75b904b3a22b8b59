-- clout.lenses: the same evidence as PeerIndex and TweetLevel looked at it. Defined by sql/lenses.sql.
-- Key: ds, person_id, lens, axis
CREATE TABLE clout.lenses (
  ds DATE,
  person_id VARCHAR,
  lens VARCHAR,
  axis VARCHAR,
  value DOUBLE PRECISION,
  inputs VARCHAR,
  model_version VARCHAR
);
COMMENT ON TABLE clout.lenses IS 'One row per day, person, lens and axis: other ways to look at the same evidence. None enters the score. Not for hiring, credit, insurance or tiers of customer service.';
COMMENT ON COLUMN clout.lenses.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.lenses.person_id IS 'The person';
COMMENT ON COLUMN clout.lenses.lens IS 'peerindex or tweetlevel';
COMMENT ON COLUMN clout.lenses.axis IS 'What is looked at, by the lens''s own word; peerindex_like is the mean of its three';
COMMENT ON COLUMN clout.lenses.value IS 'Points, 0 to 100; NULL where it is not known, which is not 0';
COMMENT ON COLUMN clout.lenses.inputs IS 'The numbers that the value is made from, as JSON';
COMMENT ON COLUMN clout.lenses.model_version IS 'The model file behind it';
