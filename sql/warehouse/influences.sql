-- clout.influences: who moves whom. Defined by sql/influences.sql.
-- Key: ds, person_id, direction, other_id
-- Order: person_id, direction, place
CREATE TABLE clout.influences (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The scored person
  direction VARCHAR,  -- moves: the other one acts on the person. moved_by: the person acts on the other one
  place INTEGER,  -- Place in that direction, 1 is the surest
  other_id VARCHAR,  -- The other person
  strength DOUBLE PRECISION,  -- How surely, 0 to 1
  interactions BIGINT,  -- Interactions in the window
  last_day DATE  -- The last of them
);
COMMENT ON TABLE clout.influences IS 'Per scored person and day, the 20 people whom they move most surely and the 20 who move them. Pairs with one interaction only, and people who are excluded, are absent.';
