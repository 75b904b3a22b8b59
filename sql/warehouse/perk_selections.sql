-- clout.perk_selections: who was drawn for which campaign, and why. Defined by sql/perk_selections.sql.
-- Key: ds, campaign, person_id
-- Consent: perks
CREATE TABLE clout.perk_selections (
  ds DATE,  -- The score date, UTC
  campaign VARCHAR,  -- The campaign
  person_id VARCHAR,  -- The person
  selected_on DATE,  -- The published day whose people were drawn from
  arm VARCHAR,  -- person: gets something; holdout: gets nothing, and is compared with
  eligible BIGINT,  -- Among how many people the lot decided
  rule VARCHAR,  -- Who was eligible, in words
  seed VARCHAR,  -- The seed of the lot: the same seed draws the same people
  query_hash VARCHAR  -- The beginning of the sha256 of sql/eligible.sql as it was
);
COMMENT ON TABLE clout.perk_selections IS 'One row per campaign and person drawn for it by jobs/audience.py, of people who still agree: by lot among the eligible, never by rank.';
