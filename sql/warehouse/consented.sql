-- clout.consented: what people agreed to. Defined by sql/consented.sql.
-- Key: ds, person_id, purpose
CREATE TABLE clout.consented (
  ds DATE,
  person_id VARCHAR,
  purpose VARCHAR,
  given_on DATE
);
COMMENT ON TABLE clout.consented IS 'One row per person and purpose to which the person agreed, as the operator''s list of consents says. Closed by default: select or list nobody for somebody else without a row of today''s.';
COMMENT ON COLUMN clout.consented.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.consented.person_id IS 'The person';
COMMENT ON COLUMN clout.consented.purpose IS 'named: to be listed by name; perks: to be drawn for a campaign; care: to be found by customer care; regions: to have the stated region shown';
COMMENT ON COLUMN clout.consented.given_on IS 'The last day on which the person agreed';
