-- clout.perk_selections: who was drawn for which campaign, and why. Defined by sql/perk_selections.sql.
-- Key: ds, campaign, person_id
-- Consent: perks
CREATE TABLE clout.perk_selections (
  ds DATE,
  campaign VARCHAR,
  person_id VARCHAR,
  selected_on DATE,
  arm VARCHAR,
  eligible BIGINT,
  rule VARCHAR,
  seed VARCHAR,
  query_hash VARCHAR
);
COMMENT ON TABLE clout.perk_selections IS 'One row per campaign and person drawn for it by jobs/audience.py, of people who still agree: by lot among the eligible, never by rank.';
COMMENT ON COLUMN clout.perk_selections.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.perk_selections.campaign IS 'The campaign';
COMMENT ON COLUMN clout.perk_selections.person_id IS 'The person';
COMMENT ON COLUMN clout.perk_selections.selected_on IS 'The published day whose people were drawn from';
COMMENT ON COLUMN clout.perk_selections.arm IS 'person: gets something; holdout: gets nothing, and is compared with';
COMMENT ON COLUMN clout.perk_selections.eligible IS 'Among how many people the lot decided';
COMMENT ON COLUMN clout.perk_selections.rule IS 'Who was eligible, in words';
COMMENT ON COLUMN clout.perk_selections.seed IS 'The seed of the lot: the same seed draws the same people';
COMMENT ON COLUMN clout.perk_selections.query_hash IS 'The beginning of the sha256 of sql/eligible.sql as it was';
