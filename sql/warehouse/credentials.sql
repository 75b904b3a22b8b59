-- clout.credentials: what people did beside the platforms. Defined by sql/person_credentials.sql.
-- Key: ds, person_id, kind, title, evidence_url
-- Consent: named
CREATE TABLE clout.credentials (
  ds DATE,
  person_id VARCHAR,
  kind VARCHAR,
  title VARCHAR,
  year INTEGER,
  evidence_url VARCHAR,
  registry VARCHAR,
  registry_id VARCHAR,
  reviewed_by VARCHAR,
  points DOUBLE PRECISION,
  total_points DOUBLE PRECISION
);
COMMENT ON TABLE clout.credentials IS 'One row per thing that a person did beside the platforms, as an operator reviewed it, of people who agreed to be named. Its points stand beside the score and are no part of it.';
COMMENT ON COLUMN clout.credentials.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.credentials.person_id IS 'The person';
COMMENT ON COLUMN clout.credentials.kind IS 'book, article, talk, course, award, patent, press, office; wikipedia: how often an article about the person is read';
COMMENT ON COLUMN clout.credentials.title IS 'What it is called';
COMMENT ON COLUMN clout.credentials.year IS 'The year of it';
COMMENT ON COLUMN clout.credentials.evidence_url IS 'Where the reviewer saw it; empty for wikipedia';
COMMENT ON COLUMN clout.credentials.registry IS 'isbn, doi, orcid, openalex, wikidata or none';
COMMENT ON COLUMN clout.credentials.registry_id IS 'Its number there, whose check digit was checked; NULL where there is none';
COMMENT ON COLUMN clout.credentials.reviewed_by IS 'Who vouches that the page says so; NULL for wikipedia, which is counted';
COMMENT ON COLUMN clout.credentials.points IS 'What it is worth, halved every ten years';
COMMENT ON COLUMN clout.credentials.total_points IS 'What all rows of the person are worth, 10 at most';
