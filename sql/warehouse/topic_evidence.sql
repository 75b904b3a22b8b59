-- clout.topic_evidence: the posts for which a person is named for a topic. Defined by sql/topic_evidence.sql.
-- Key: ds, person_id, topic_id, post_key
CREATE TABLE clout.topic_evidence (
  ds DATE,
  person_id VARCHAR,
  topic_id VARCHAR,
  post_key VARCHAR,
  posted_on DATE,
  evidence VARCHAR,
  people BIGINT
);
COMMENT ON TABLE clout.topic_evidence IS 'At most three posts for each topic that a person is named for. Not for hiring, credit, insurance or tiers of customer service.';
COMMENT ON COLUMN clout.topic_evidence.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.topic_evidence.person_id IS 'The person';
COMMENT ON COLUMN clout.topic_evidence.topic_id IS 'The topic';
COMMENT ON COLUMN clout.topic_evidence.post_key IS 'The post, by its key; its text is nowhere';
COMMENT ON COLUMN clout.topic_evidence.posted_on IS 'The day on which it was posted';
COMMENT ON COLUMN clout.topic_evidence.evidence IS 'How the topic was found: tag, phrase, name, word, link, platform or repository';
COMMENT ON COLUMN clout.topic_evidence.people IS 'Distinct credible people who acted on it';
