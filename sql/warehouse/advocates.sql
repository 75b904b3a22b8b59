-- clout.advocates: who speaks of a brand week after week. Defined by sql/advocates.sql.
-- Key: ds, brand, person_id
-- Consent: named
-- Hidden: *
CREATE TABLE clout.advocates (
  ds DATE,  -- The score date, UTC
  brand VARCHAR,  -- The brand's slug in the operator's brands.toml
  person_id VARCHAR,  -- The person; never the brand's own account, nor whom a crowd talked at within 30 days
  brand_name VARCHAR,  -- What the brand is called
  days BIGINT,  -- Days of the window on which they spoke of it
  weeks BIGINT,  -- Weeks of the window in which they did; at least 3
  posts BIGINT,  -- Own posts about it, with different words
  mentions BIGINT,  -- Mentions of the brand's own accounts
  people BIGINT,  -- Distinct credible people who acted on these posts; at least 3
  back BIGINT,  -- Those of them who did so on different days
  reach DOUBLE PRECISION,  -- How many people they move with talk about it, bounded as True Reach is
  share DOUBLE PRECISION,  -- The share of all that is done to them that is done on these posts
  approval DOUBLE PRECISION,  -- How their crowd's replies sound, -1 to 1, of all they say; NULL where that is not told, see clout.sentiment
  paid BOOLEAN,  -- Whether they were drawn for a campaign, or were given a code of one, within 180 days: a paid voice is told apart
  last_spoken_on DATE,  -- The last day on which they spoke of it
  model_version VARCHAR  -- Version of the model file
);
COMMENT ON TABLE clout.advocates IS 'One row per brand and person who agreed to be named, spoke of the brand in at least three weeks, and moved people with that. It is a list, and no ranking; it says that they speak of it, not that they like it.';
