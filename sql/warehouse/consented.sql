-- clout.consented: what people agreed to. Defined by sql/consented.sql.
-- Key: ds, person_id, purpose
CREATE TABLE clout.consented (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person
  purpose VARCHAR,  -- named: to be listed by name; perks: to be drawn for a campaign; care: to be found by customer care; regions: to have the stated region shown
  given_on DATE  -- The last day on which the person agreed
);
COMMENT ON TABLE clout.consented IS 'One row per person and purpose to which the person agreed, as the operator''s list of consents says. Closed by default: select or list nobody for somebody else without a row of today''s.';
