-- clout.styles: how people behave, and how much they reach out to others. Defined by sql/styles.sql.
-- Key: ds, person_id
CREATE TABLE clout.styles (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person
  style VARCHAR,  -- One of the sixteen styles of Klout's matrix, by cuts of our own; NULL where too little is known
  between_style VARCHAR,  -- The style beyond the nearest cut, where that is near; else NULL
  style_reason VARCHAR,  -- Why there is no style, or that topics are unknown; else NULL
  x DOUBLE PRECISION,  -- From sharing and casual, 0, to creating and consistent, 1
  y DOUBLE PRECISION,  -- From listening and focused, 0, to participating and broad, 1
  margin DOUBLE PRECISION,  -- How far the nearest cut is, on x or y
  create_share DOUBLE PRECISION,  -- Own posts among own posts and shares, 0 to 1; NULL where there are fewer than ten
  consistent DOUBLE PRECISION,  -- The share of the window's days with any own doing
  participate DOUBLE PRECISION,  -- Replies and mentions among all own doings, 0 to 1
  broad DOUBLE PRECISION,  -- Of how many topics own posts are, 0 (one) to 1 (ten or more); NULL where topics are unknown
  originals BIGINT,  -- Own posts and quotes in the window that are still there
  shares_given BIGINT,  -- Shares of others
  talk_given BIGINT,  -- Replies to others, and mentions of them
  active_days BIGINT,  -- Days with any own doing
  outreach_points BIGINT,  -- Ten for each person shared, answered or mentioned on a day, twenty people a day at most; none for a declared bot. They fall as days leave the window
  outreach_people BIGINT,  -- Distinct people whom the person shared, answered or mentioned
  outreach_level BIGINT,  -- Of these points, 0 to 12, as Kred's levels
  answered_share DOUBLE PRECISION,  -- The share of these people who acted on the person in the window; NULL where there are none
  model_version VARCHAR  -- The model file behind it
);
COMMENT ON TABLE clout.styles IS 'One row per day and person who did something of their own in the window, on platforms that show posts. It says how somebody behaves, not how well, and enters no score. What platforms hide understates sharing and talking. Not for hiring, credit, insurance or tiers of customer service.';
