-- clout.topics: what people can be known for. Defined by sql/topics.sql.
-- Key: ds, topic_id
CREATE TABLE clout.topics (
  ds DATE,  -- The score date, UTC
  topic_id VARCHAR,  -- The topic, as text: ids of other ontologies go beyond 64 bits
  slug VARCHAR,  -- The topic in words, with hyphens
  name VARCHAR,  -- What it is called in English
  topic_type VARCHAR,  -- super (has no parent), sub (has one) or entity (names one thing)
  parent_ids VARCHAR,  -- The topics above it, with blanks between; NULL where there is none
  wikidata_id VARCHAR,  -- Its Wikidata item, where the ontology tells it
  is_sensitive BOOLEAN,  -- Whether it is recognised only so that it can be left out: nobody is ever named for it
  source VARCHAR,  -- Whose topic it is: clout, klout or operator
  ontology_version VARCHAR  -- The version of the ontology
);
COMMENT ON TABLE clout.topics IS 'One row per day and topic of the night''s ontology.';
