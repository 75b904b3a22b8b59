-- clout.styles: how people behave, and how much they reach out to others. Defined by sql/styles.sql.
-- Key: ds, person_id
CREATE TABLE clout.styles (
  ds DATE,
  person_id VARCHAR,
  style VARCHAR,
  between_style VARCHAR,
  style_reason VARCHAR,
  x DOUBLE PRECISION,
  y DOUBLE PRECISION,
  margin DOUBLE PRECISION,
  create_share DOUBLE PRECISION,
  consistent DOUBLE PRECISION,
  participate DOUBLE PRECISION,
  broad DOUBLE PRECISION,
  originals BIGINT,
  shares_given BIGINT,
  talk_given BIGINT,
  active_days BIGINT,
  outreach_points BIGINT,
  outreach_people BIGINT,
  outreach_level BIGINT,
  answered_share DOUBLE PRECISION,
  model_version VARCHAR
);
COMMENT ON TABLE clout.styles IS 'One row per day and person who did something of their own in the window, on platforms that show posts. It says how somebody behaves, not how well, and enters no score. What platforms hide understates sharing and talking. Not for hiring, credit, insurance or tiers of customer service.';
COMMENT ON COLUMN clout.styles.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.styles.person_id IS 'The person';
COMMENT ON COLUMN clout.styles.style IS 'One of the sixteen styles of Klout''s matrix, by cuts of our own; NULL where too little is known';
COMMENT ON COLUMN clout.styles.between_style IS 'The style beyond the nearest cut, where that is near; else NULL';
COMMENT ON COLUMN clout.styles.style_reason IS 'Why there is no style, or that topics are unknown; else NULL';
COMMENT ON COLUMN clout.styles.x IS 'From sharing and casual, 0, to creating and consistent, 1';
COMMENT ON COLUMN clout.styles.y IS 'From listening and focused, 0, to participating and broad, 1';
COMMENT ON COLUMN clout.styles.margin IS 'How far the nearest cut is, on x or y';
COMMENT ON COLUMN clout.styles.create_share IS 'Own posts among own posts and shares, 0 to 1; NULL where there are fewer than ten';
COMMENT ON COLUMN clout.styles.consistent IS 'The share of the window''s days with any own doing';
COMMENT ON COLUMN clout.styles.participate IS 'Replies and mentions among all own doings, 0 to 1';
COMMENT ON COLUMN clout.styles.broad IS 'Of how many topics own posts are, 0 (one) to 1 (ten or more); NULL where topics are unknown';
COMMENT ON COLUMN clout.styles.originals IS 'Own posts and quotes in the window that are still there';
COMMENT ON COLUMN clout.styles.shares_given IS 'Shares of others';
COMMENT ON COLUMN clout.styles.talk_given IS 'Replies to others, and mentions of them';
COMMENT ON COLUMN clout.styles.active_days IS 'Days with any own doing';
COMMENT ON COLUMN clout.styles.outreach_points IS 'Ten for each person shared, answered or mentioned on a day, twenty people a day at most; none for a declared bot. They fall as days leave the window';
COMMENT ON COLUMN clout.styles.outreach_people IS 'Distinct people whom the person shared, answered or mentioned';
COMMENT ON COLUMN clout.styles.outreach_level IS 'Of these points, 0 to 12, as Kred''s levels';
COMMENT ON COLUMN clout.styles.answered_share IS 'The share of these people who acted on the person in the window; NULL where there are none';
COMMENT ON COLUMN clout.styles.model_version IS 'The model file behind it';
