-- clout.person_regions: where people say that they live. Defined by sql/person_regions.sql.
-- Key: ds, person_id
-- Consent: regions
CREATE TABLE clout.person_regions (
  ds DATE,  -- The score date, UTC
  person_id VARCHAR,  -- The person
  country VARCHAR,  -- ISO 3166 code of two letters
  admin1 VARCHAR,  -- The state or region within it: ISO's letters in the United States, Canada, Australia, Germany and the United Kingdom, else as GeoNames numbers it; NULL where only the country is told
  city_id BIGINT,  -- The city's number at GeoNames; NULL where no city is told
  city VARCHAR,  -- The city's name
  basis VARCHAR,  -- stated: a city with its state or country; large_city: the name of a large city alone; region or country: no more was said, or is told
  said_on DATE  -- The newest day on which a profile was seen to say so
);
COMMENT ON TABLE clout.person_regions IS 'One row per person who stated a place and agreed to have it shown; never guessed from a language, a time zone, followers or an address. Places of fewer than 20 scored people are told as their state or country. Place names: GeoNames, CC BY 4.0.';
