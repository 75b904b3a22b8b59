-- Person regions: where people say that they live.
-- Meaning: the place that somebody wrote into the field for it on any account, as places.py reads it; of several accounts that say
--   different places, none. Of those who agreed (purpose regions of consented.sql) alone. A place in which fewer than 20 scored people
--   say that they live is not told: the state stands instead, else the country, else nothing.
--   basis: stated (a city with its state or country), large_city (the name of a large city alone), region, country.
-- Unit: people. Grain: one row per ds, person_id.
-- Inputs: {stated_places} (account_key, country, admin1, city_id, city, basis, said_on), what each account says;
--   {scores} (person_id, score); {consented} (person_id, purpose); {persons} (account_key, person_id); {excluded} (account_key)
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
WITH said AS (
  SELECT DISTINCT
    coalesce(p.person_id, l.account_key) AS person_id, l.country, l.admin1, l.city_id, l.city, l.basis, l.said_on
  FROM {stated_places} AS l
  ANTI JOIN {excluded} AS e ON e.account_key = l.account_key
  LEFT JOIN {persons} AS p ON p.account_key = l.account_key
),
-- One place each: what several accounts say must be the same, or the same but more exact.
finest AS (
  SELECT
    person_id, min(country) AS country, min(admin1) AS admin1, min(city_id) AS city_id, min(city) AS city,
    max_by(basis, struct(city_id IS NOT NULL, admin1 IS NOT NULL, basis)) AS basis, max(said_on) AS said_on
  FROM said
  GROUP BY person_id
  HAVING count(DISTINCT country) = 1 AND count(DISTINCT admin1) <= 1 AND count(DISTINCT city_id) <= 1
),
scored AS (
  SELECT f.*
  FROM finest AS f
  INNER JOIN {scores} AS s ON s.person_id = f.person_id AND s.score IS NOT NULL
),
of_city AS (SELECT city_id FROM scored WHERE city_id IS NOT NULL GROUP BY city_id HAVING count(*) >= 20),
of_state AS (SELECT country, admin1 FROM scored WHERE admin1 IS NOT NULL GROUP BY country, admin1 HAVING count(*) >= 20),
of_country AS (SELECT country FROM scored GROUP BY country HAVING count(*) >= 20)
SELECT
  :day AS ds,
  f.person_id,
  f.country,
  CASE WHEN c.city_id IS NOT NULL OR s.admin1 IS NOT NULL THEN f.admin1 END AS admin1,
  c.city_id,
  CASE WHEN c.city_id IS NOT NULL THEN f.city END AS city,
  CASE
    WHEN c.city_id IS NOT NULL THEN f.basis
    WHEN s.admin1 IS NOT NULL THEN 'region'
    ELSE 'country'
  END AS basis,
  f.said_on
FROM scored AS f
INNER JOIN (SELECT person_id FROM {consented} WHERE purpose = 'regions') AS agreed ON agreed.person_id = f.person_id
LEFT JOIN of_city AS c ON c.city_id = f.city_id
LEFT JOIN of_state AS s ON s.country = f.country AND s.admin1 = f.admin1
LEFT JOIN of_country AS n ON n.country = f.country
WHERE c.city_id IS NOT NULL OR s.admin1 IS NOT NULL OR n.country IS NOT NULL
