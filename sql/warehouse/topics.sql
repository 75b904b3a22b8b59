-- clout.topics: what people can be known for. Defined by sql/topics.sql.
-- Key: ds, topic_id
CREATE TABLE clout.topics (
  ds DATE,
  topic_id VARCHAR,
  slug VARCHAR,
  name VARCHAR,
  topic_type VARCHAR,
  parent_ids VARCHAR,
  wikidata_id VARCHAR,
  is_sensitive BOOLEAN,
  source VARCHAR,
  ontology_version VARCHAR
);
COMMENT ON TABLE clout.topics IS 'One row per day and topic of the night''s ontology.';
COMMENT ON COLUMN clout.topics.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.topics.topic_id IS 'The topic, as text: ids of other ontologies go beyond 64 bits';
COMMENT ON COLUMN clout.topics.slug IS 'The topic in words, with hyphens';
COMMENT ON COLUMN clout.topics.name IS 'What it is called in English';
COMMENT ON COLUMN clout.topics.topic_type IS 'super (has no parent), sub (has one) or entity (names one thing)';
COMMENT ON COLUMN clout.topics.parent_ids IS 'The topics above it, with blanks between; NULL where there is none';
COMMENT ON COLUMN clout.topics.wikidata_id IS 'Its Wikidata item, where the ontology tells it';
COMMENT ON COLUMN clout.topics.is_sensitive IS 'Whether it is recognised only so that it can be left out: nobody is ever named for it';
COMMENT ON COLUMN clout.topics.source IS 'Whose topic it is: clout, klout or operator';
COMMENT ON COLUMN clout.topics.ontology_version IS 'The version of the ontology';
