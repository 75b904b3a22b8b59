-- clout.person_topics: on which topics people react to a person. Defined by sql/person_topics.sql.
-- Key: ds, person_id, topic_id
-- Hidden: topic_id
CREATE TABLE clout.person_topics (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person
  topic_id VARCHAR,  -- The topic, as text: ids of other ontologies go beyond 64 bits
  slug VARCHAR,  -- The topic in words
  place INTEGER,  -- Among the people who are named for the topic; equal ones share a place; NULL where not named
  of BIGINT,  -- How many people are named for the topic; NULL where not named
  topic_score DOUBLE PRECISION,  -- 1 to 100 on a frozen scale, of topic_reach; NULL where not named
  topic_reach DOUBLE PRECISION,  -- How many people the person really moves with posts about the topic
  share DOUBLE PRECISION,  -- The part of all that is done to the person that is done on posts about the topic, 0 to 1
  posts BIGINT,  -- Own posts about the topic in the window, with different words
  weeks BIGINT,  -- Weeks in which they were posted
  people BIGINT,  -- Distinct credible people who acted on them
  back BIGINT,  -- Those of them who did so on different days
  endorsements BIGINT,  -- What people who act on the person on this topic said for it, as far as it counts; it orders equals and changes no score
  endorsements_refused BIGINT,  -- Endorsements that do not count
  endorsements_refused_why VARCHAR,  -- How many of them do not count, and why; NULL where none was refused
  last_evidence_on DATE,  -- The last day on which somebody acted on such a post
  not_named VARCHAR,  -- Why the person is not named for the topic; NULL where they are
  ontology_version VARCHAR,  -- The version of the ontology
  model_version VARCHAR  -- The model file behind it
);
COMMENT ON TABLE clout.person_topics IS 'One row per person, day and topic: people react to what this person says about it. It says neither that they know nor that they like it. Not for hiring, credit, insurance or tiers of customer service.';
