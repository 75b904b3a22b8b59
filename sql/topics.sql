-- Topics: what people can be known for, by the ontology of the night.
-- Meaning: is_sensitive: recognised, so that it can be left out, and never said of anybody. What the operator hides is not here.
--   topic_type: super (has no parent), sub (has one), entity (names one thing).
-- Grain: one row per ds, topic_id.
-- Inputs: {ontology} (topic_id, slug, name, topic_type, parent_ids, wikidata_id, is_sensitive, source), see config/ontology.py
-- Parameters:
--   day DATE         the score date
--   ontology STRING  version of the ontology
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT
  :day AS ds, topic_id, slug, name, topic_type, parent_ids, wikidata_id, is_sensitive, source, :ontology AS ontology_version
FROM {ontology}
