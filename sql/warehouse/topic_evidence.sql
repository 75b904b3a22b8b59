-- clout.topic_evidence: the posts for which a person is named for a topic. Defined by sql/topic_evidence.sql.
-- Key: ds, person_id, topic_id, post_key
-- Hidden: topic_id
CREATE TABLE clout.topic_evidence (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person
  topic_id VARCHAR,  -- The topic
  post_key VARCHAR,  -- The post, by its key; its text is nowhere
  posted_on DATE,  -- The day on which it was posted
  evidence VARCHAR,  -- How the topic was found: tag, phrase, name, word, link, platform or repository
  people BIGINT  -- Distinct credible people who acted on it
);
COMMENT ON TABLE clout.topic_evidence IS 'At most three posts for each topic that a person is named for. Not for hiring, credit, insurance or tiers of customer service.';
