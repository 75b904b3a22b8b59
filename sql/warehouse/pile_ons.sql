-- clout.pile_ons: days on which a crowd of strangers talked at a person. Defined by sql/pile_ons.sql.
-- Key: ds, person_id, happened_on
CREATE TABLE clout.pile_ons (
  ds DATE,
  person_id VARCHAR,
  happened_on DATE,
  people BIGINT,
  newcomers BIGINT,
  usual_people DOUBLE PRECISION,
  talk BIGINT,
  nods BIGINT
);
COMMENT ON TABLE clout.pile_ons IS 'One row per person and day of the last 30 on which many strangers talked at the person at once. It says what happened to somebody: be kind to them, and do not list them among risers.';
COMMENT ON COLUMN clout.pile_ons.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.pile_ons.person_id IS 'The person whom it happened to';
COMMENT ON COLUMN clout.pile_ons.happened_on IS 'The day on which it happened, of the 30 that end with ds';
COMMENT ON COLUMN clout.pile_ons.people IS 'Distinct people who acted on the person that day; at least 20';
COMMENT ON COLUMN clout.pile_ons.newcomers IS 'Those of them who had never acted on the person on an earlier day of the window; at least 60 %';
COMMENT ON COLUMN clout.pile_ons.usual_people IS 'People on the median day of the 28 before it; the day has at least 5 times as many';
COMMENT ON COLUMN clout.pile_ons.talk IS 'Replies, quotes and mentions of that day; at least twice the nods';
COMMENT ON COLUMN clout.pile_ons.nods IS 'Likes and shares of that day';
