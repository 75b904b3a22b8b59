-- clout.person_topics: on which topics people react to a person. Defined by sql/person_topics.sql.
-- Key: ds, person_id, topic_id
CREATE TABLE clout.person_topics (
  ds DATE,
  person_id VARCHAR,
  topic_id VARCHAR,
  slug VARCHAR,
  place INTEGER,
  of BIGINT,
  topic_score DOUBLE PRECISION,
  topic_reach DOUBLE PRECISION,
  share DOUBLE PRECISION,
  posts BIGINT,
  weeks BIGINT,
  people BIGINT,
  back BIGINT,
  endorsements BIGINT,
  endorsements_refused BIGINT,
  endorsements_refused_why VARCHAR,
  last_evidence_on DATE,
  not_named VARCHAR,
  ontology_version VARCHAR,
  model_version VARCHAR
);
COMMENT ON TABLE clout.person_topics IS 'One row per person, day and topic: people react to what this person says about it. It says neither that they know nor that they like it. Not for hiring, credit, insurance or tiers of customer service.';
COMMENT ON COLUMN clout.person_topics.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.person_topics.person_id IS 'The person';
COMMENT ON COLUMN clout.person_topics.topic_id IS 'The topic, as text: ids of other ontologies go beyond 64 bits';
COMMENT ON COLUMN clout.person_topics.slug IS 'The topic in words';
COMMENT ON COLUMN clout.person_topics.place IS 'Among the people who are named for the topic; equal ones share a place; NULL where not named';
COMMENT ON COLUMN clout.person_topics.of IS 'How many people are named for the topic; NULL where not named';
COMMENT ON COLUMN clout.person_topics.topic_score IS '1 to 100 on a frozen scale, of topic_reach; NULL where not named';
COMMENT ON COLUMN clout.person_topics.topic_reach IS 'How many people the person really moves with posts about the topic';
COMMENT ON COLUMN clout.person_topics.share IS 'The part of all that is done to the person that is done on posts about the topic, 0 to 1';
COMMENT ON COLUMN clout.person_topics.posts IS 'Own posts about the topic in the window, with different words';
COMMENT ON COLUMN clout.person_topics.weeks IS 'Weeks in which they were posted';
COMMENT ON COLUMN clout.person_topics.people IS 'Distinct credible people who acted on them';
COMMENT ON COLUMN clout.person_topics.back IS 'Those of them who did so on different days';
COMMENT ON COLUMN clout.person_topics.endorsements IS 'What people who act on the person on this topic said for it, as far as it counts; it orders equals and changes no score';
COMMENT ON COLUMN clout.person_topics.endorsements_refused IS 'Endorsements that do not count';
COMMENT ON COLUMN clout.person_topics.endorsements_refused_why IS 'How many of them do not count, and why; NULL where none was refused';
COMMENT ON COLUMN clout.person_topics.last_evidence_on IS 'The last day on which somebody acted on such a post';
COMMENT ON COLUMN clout.person_topics.not_named IS 'Why the person is not named for the topic; NULL where they are';
COMMENT ON COLUMN clout.person_topics.ontology_version IS 'The version of the ontology';
COMMENT ON COLUMN clout.person_topics.model_version IS 'The model file behind it';
