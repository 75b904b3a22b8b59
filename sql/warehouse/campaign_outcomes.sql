-- clout.campaign_outcomes: what came of a campaign, by person. Defined by sql/campaign_outcomes.sql and sql/attributed.sql.
-- Key: ds, campaign, part, arm
-- Consent: perks
CREATE TABLE clout.campaign_outcomes (
  ds DATE,  -- The score date, UTC
  campaign VARCHAR,  -- The campaign
  part VARCHAR,  -- The person; (others): all who may not be told of; (unattributed): what named the campaign and no code of it
  arm VARCHAR,  -- person: was drawn; holdout: could have been drawn, and got nothing
  person_id VARCHAR,  -- The person; NULL where part is none
  starts_on DATE,  -- The first day of the campaign
  ends_on DATE,  -- The last day; NULL where no end is said
  clicks BIGINT,  -- Clicks; of one visitor with one code on one day one counts
  visits BIGINT,  -- Visits
  signups BIGINT,  -- Sign-ups
  purchases BIGINT,  -- Purchases
  visitors BIGINT,  -- Distinct visitors, where the tool tells them apart; else 0
  value DOUBLE PRECISION,  -- Value of all outcomes in the campaign's currency; NULL where none has one
  currency VARCHAR,  -- The currency, three letters
  cost DOUBLE PRECISION,  -- What the operator spent; NULL where not said
  perk BOOLEAN,  -- Whether something was given; NULL where part is no person
  disclosed BOOLEAN  -- Whether the person said so in public, as the operator saw; NULL where part is no person
);
COMMENT ON TABLE clout.campaign_outcomes IS 'One row per campaign and person in it: what others did who came with the person''s code, in the window. Buyers are counted and never told of. People who did not agree to be drawn for campaigns are told of together.';
