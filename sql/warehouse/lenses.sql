-- clout.lenses: the same evidence as PeerIndex and TweetLevel looked at it. Defined by sql/lenses.sql.
-- Key: ds, person_id, lens, axis
CREATE TABLE clout.lenses (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person
  lens VARCHAR,  -- peerindex or tweetlevel
  axis VARCHAR,  -- What is looked at, by the lens's own word; peerindex_like is the mean of its three
  value DOUBLE PRECISION,  -- Points, 0 to 100; NULL where it is not known, which is not 0
  inputs VARCHAR,  -- The numbers that the value is made from, as JSON
  model_version VARCHAR  -- The model file behind it
);
COMMENT ON TABLE clout.lenses IS 'One row per day, person, lens and axis: other ways to look at the same evidence. None enters the score. Not for hiring, credit, insurance or tiers of customer service.';
