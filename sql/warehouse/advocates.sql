-- clout.advocates: who speaks of a brand week after week. Defined by sql/advocates.sql.
-- Key: ds, brand, person_id
-- Consent: named
CREATE TABLE clout.advocates (
  ds DATE,
  brand VARCHAR,
  person_id VARCHAR,
  brand_name VARCHAR,
  days BIGINT,
  weeks BIGINT,
  posts BIGINT,
  mentions BIGINT,
  people BIGINT,
  back BIGINT,
  reach DOUBLE PRECISION,
  share DOUBLE PRECISION,
  approval DOUBLE PRECISION,
  paid BOOLEAN,
  last_spoken_on DATE,
  model_version VARCHAR
);
COMMENT ON TABLE clout.advocates IS 'One row per brand and person who agreed to be named, spoke of the brand in at least three weeks, and moved people with that. It is a list, and no ranking; it says that they speak of it, not that they like it.';
COMMENT ON COLUMN clout.advocates.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.advocates.brand IS 'The brand''s slug in the operator''s brands.toml';
COMMENT ON COLUMN clout.advocates.person_id IS 'The person; never the brand''s own account, nor whom a crowd talked at within 30 days';
COMMENT ON COLUMN clout.advocates.brand_name IS 'What the brand is called';
COMMENT ON COLUMN clout.advocates.days IS 'Days of the window on which they spoke of it';
COMMENT ON COLUMN clout.advocates.weeks IS 'Weeks of the window in which they did; at least 3';
COMMENT ON COLUMN clout.advocates.posts IS 'Own posts about it, with different words';
COMMENT ON COLUMN clout.advocates.mentions IS 'Mentions of the brand''s own accounts';
COMMENT ON COLUMN clout.advocates.people IS 'Distinct credible people who acted on these posts; at least 3';
COMMENT ON COLUMN clout.advocates.back IS 'Those of them who did so on different days';
COMMENT ON COLUMN clout.advocates.reach IS 'How many people they move with talk about it, bounded as True Reach is';
COMMENT ON COLUMN clout.advocates.share IS 'The share of all that is done to them that is done on these posts';
COMMENT ON COLUMN clout.advocates.approval IS 'How their crowd''s replies sound, -1 to 1, of all they say; NULL where that is not told, see clout.sentiment';
COMMENT ON COLUMN clout.advocates.paid IS 'Whether they were drawn for a campaign, or were given a code of one, within 180 days: a paid voice is told apart';
COMMENT ON COLUMN clout.advocates.last_spoken_on IS 'The last day on which they spoke of it';
COMMENT ON COLUMN clout.advocates.model_version IS 'Version of the model file';
