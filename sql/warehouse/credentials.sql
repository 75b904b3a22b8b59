-- clout.credentials: what people did beside the platforms. Defined by sql/person_credentials.sql.
-- Key: ds, person_id, kind, title, evidence_url
-- Consent: named
CREATE TABLE clout.credentials (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person
  kind VARCHAR,  -- book, article, talk, course, award, patent, press, office; wikipedia: how often an article about the person is read
  title VARCHAR,  -- What it is called
  year INTEGER,  -- The year of it
  evidence_url VARCHAR,  -- Where the reviewer saw it; empty for wikipedia
  registry VARCHAR,  -- isbn, doi, orcid, openalex, wikidata or none
  registry_id VARCHAR,  -- Its number there, whose check digit was checked; NULL where there is none
  reviewed_by VARCHAR,  -- Who vouches that the page says so; NULL for wikipedia, which is counted
  points DOUBLE PRECISION,  -- What it is worth, halved every ten years
  total_points DOUBLE PRECISION  -- What all rows of the person are worth, 10 at most
);
COMMENT ON TABLE clout.credentials IS 'One row per thing that a person did beside the platforms, as an operator reviewed it, of people who agreed to be named. Its points stand beside the score and are no part of it.';
