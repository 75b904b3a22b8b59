-- clout.influences: who moves whom. Defined by sql/influences.sql.
-- Key: ds, person_id, direction, other_id
-- Order: person_id, direction, place
CREATE TABLE clout.influences (
  ds DATE,
  person_id VARCHAR,
  direction VARCHAR,
  place INTEGER,
  other_id VARCHAR,
  strength DOUBLE PRECISION,
  interactions BIGINT,
  last_day DATE
);
COMMENT ON TABLE clout.influences IS 'Per scored person and day, the 20 people whom they move most surely and the 20 who move them. Pairs with one interaction only, and people who are excluded, are absent.';
COMMENT ON COLUMN clout.influences.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.influences.person_id IS 'The scored person';
COMMENT ON COLUMN clout.influences.direction IS 'moves: the other one acts on the person. moved_by: the person acts on the other one';
COMMENT ON COLUMN clout.influences.place IS 'Place in that direction, 1 is the surest';
COMMENT ON COLUMN clout.influences.other_id IS 'The other person';
COMMENT ON COLUMN clout.influences.strength IS 'How surely, 0 to 1';
COMMENT ON COLUMN clout.influences.interactions IS 'Interactions in the window';
COMMENT ON COLUMN clout.influences.last_day IS 'The last of them';
