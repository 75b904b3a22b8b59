-- clout.pile_ons: days on which a crowd of strangers talked at a person. Defined by sql/pile_ons.sql.
-- Key: ds, person_id, happened_on
CREATE TABLE clout.pile_ons (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person whom it happened to
  happened_on DATE,  -- The day on which it happened, of the 30 that end with ds
  people BIGINT,  -- Distinct people who acted on the person that day; at least 20
  newcomers BIGINT,  -- Those of them who had never acted on the person on an earlier day of the window; at least 60 %
  usual_people DOUBLE PRECISION,  -- People on the median day of the 28 before it; the day has at least 5 times as many
  talk BIGINT,  -- Replies, quotes and mentions of that day; at least twice the nods
  nods BIGINT  -- Likes and shares of that day
);
COMMENT ON TABLE clout.pile_ons IS 'One row per person and day of the last 30 on which many strangers talked at the person at once. It says what happened to somebody: be kind to them, and do not list them among risers.';
