-- clout.person_regions: where people say that they live. Defined by sql/person_regions.sql.
-- Key: ds, person_id
-- Consent: regions
CREATE TABLE clout.person_regions (
  ds DATE,
  person_id VARCHAR,
  country VARCHAR,
  admin1 VARCHAR,
  city_id BIGINT,
  city VARCHAR,
  basis VARCHAR,
  said_on DATE
);
COMMENT ON TABLE clout.person_regions IS 'One row per person who stated a place and agreed to have it shown; never guessed from a language, a time zone, followers or an address. Places of fewer than 20 scored people are told as their state or country. Place names: GeoNames, CC BY 4.0.';
COMMENT ON COLUMN clout.person_regions.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.person_regions.person_id IS 'The person';
COMMENT ON COLUMN clout.person_regions.country IS 'ISO 3166 code of two letters';
COMMENT ON COLUMN clout.person_regions.admin1 IS 'The state or region within it: ISO''s letters in the United States, Canada, Australia, Germany and the United Kingdom, else as GeoNames numbers it; NULL where only the country is told';
COMMENT ON COLUMN clout.person_regions.city_id IS 'The city''s number at GeoNames; NULL where no city is told';
COMMENT ON COLUMN clout.person_regions.city IS 'The city''s name';
COMMENT ON COLUMN clout.person_regions.basis IS 'stated: a city with its state or country; large_city: the name of a large city alone; region or country: no more was said, or is told';
COMMENT ON COLUMN clout.person_regions.said_on IS 'The newest day on which a profile was seen to say so';
