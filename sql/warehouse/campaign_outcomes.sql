-- clout.campaign_outcomes: what came of a campaign, by person. Defined by sql/campaign_outcomes.sql and sql/attributed.sql.
-- Key: ds, campaign, part, arm
-- Consent: perks
CREATE TABLE clout.campaign_outcomes (
  ds DATE,
  campaign VARCHAR,
  part VARCHAR,
  arm VARCHAR,
  person_id VARCHAR,
  starts_on DATE,
  ends_on DATE,
  clicks BIGINT,
  visits BIGINT,
  signups BIGINT,
  purchases BIGINT,
  visitors BIGINT,
  value DOUBLE PRECISION,
  currency VARCHAR,
  cost DOUBLE PRECISION,
  perk BOOLEAN,
  disclosed BOOLEAN
);
COMMENT ON TABLE clout.campaign_outcomes IS 'One row per campaign and person in it: what others did who came with the person''s code, in the window. Buyers are counted and never told of. People who did not agree to be drawn for campaigns are told of together.';
COMMENT ON COLUMN clout.campaign_outcomes.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.campaign_outcomes.campaign IS 'The campaign';
COMMENT ON COLUMN clout.campaign_outcomes.part IS 'The person; (others): all who may not be told of; (unattributed): what named the campaign and no code of it';
COMMENT ON COLUMN clout.campaign_outcomes.arm IS 'person: was drawn; holdout: could have been drawn, and got nothing';
COMMENT ON COLUMN clout.campaign_outcomes.person_id IS 'The person; NULL where part is none';
COMMENT ON COLUMN clout.campaign_outcomes.starts_on IS 'The first day of the campaign';
COMMENT ON COLUMN clout.campaign_outcomes.ends_on IS 'The last day; NULL where no end is said';
COMMENT ON COLUMN clout.campaign_outcomes.clicks IS 'Clicks; of one visitor with one code on one day one counts';
COMMENT ON COLUMN clout.campaign_outcomes.visits IS 'Visits';
COMMENT ON COLUMN clout.campaign_outcomes.signups IS 'Sign-ups';
COMMENT ON COLUMN clout.campaign_outcomes.purchases IS 'Purchases';
COMMENT ON COLUMN clout.campaign_outcomes.visitors IS 'Distinct visitors, where the tool tells them apart; else 0';
COMMENT ON COLUMN clout.campaign_outcomes.value IS 'Value of all outcomes in the campaign''s currency; NULL where none has one';
COMMENT ON COLUMN clout.campaign_outcomes.currency IS 'The currency, three letters';
COMMENT ON COLUMN clout.campaign_outcomes.cost IS 'What the operator spent; NULL where not said';
COMMENT ON COLUMN clout.campaign_outcomes.perk IS 'Whether something was given; NULL where part is no person';
COMMENT ON COLUMN clout.campaign_outcomes.disclosed IS 'Whether the person said so in public, as the operator saw; NULL where part is no person';
