-- Eligible: who may be drawn for a campaign on a day, in the order of a seeded draw.
-- Meaning: people who agreed to be drawn (purpose perks), whose score surely lies above a floor, who live where they said if a region
--   is asked for, whose topic it is if a topic is, who were not piled on within 30 days, and who were in no draw within 30 days. The
--   order is that of a hash of seed and person: nobody's score says when they are drawn, and the same seed draws the same people.
--   decile: of the scores of the day.
-- Unit: points. Grain: one row per person_id.
-- Inputs: {scores} (person_id, score, score_low, platforms); {accounts} (person_id, account_key, handle) that may be named;
--   {consented} (person_id, purpose); {person_regions} (person_id, country, admin1, city_id); {pile_ons} (person_id, happened_on);
--   {topics_named} (person_id, slug); {perk_selections} (person_id, selected_on), all of one published day
-- Parameters:
--   day DATE         the day of the draw
--   floor DOUBLE     the lowest score_low
--   topic STRING     the slug of a topic; empty for any
--   country STRING   a country of two letters; empty for any
--   admin1 STRING    a state of it; empty for any
--   city STRING      the id of a city of it; empty for any
--   seed STRING      of the draw
-- Run: .venv/bin/python jobs/audience.py --campaign spring --starts-on 2026-03-20 --floor 30 --take 50 --seed 7
WITH ranked AS (
  SELECT person_id, score_low, platforms, CAST(ntile(10) OVER (ORDER BY score, person_id) AS INT) AS decile
  FROM {scores}
  WHERE score IS NOT NULL
)
SELECT
  s.person_id,
  min(a.account_key) AS account_key,
  s.platforms,
  max(CASE WHEN r.admin1 IS NULL THEN r.country ELSE concat(r.country, '-', r.admin1) END) AS region,
  max(s.decile) AS decile,
  sha2(concat(:seed, ' ', s.person_id), 256) AS lot
FROM ranked AS s
INNER JOIN {accounts} AS a ON a.person_id = s.person_id
LEFT SEMI JOIN (SELECT person_id FROM {consented} WHERE purpose = 'perks') AS c ON c.person_id = s.person_id
LEFT ANTI JOIN (SELECT person_id FROM {pile_ons} WHERE date_diff(:day, happened_on) < 30) AS p ON p.person_id = s.person_id
LEFT ANTI JOIN (SELECT person_id FROM {perk_selections} WHERE date_diff(:day, selected_on) < 30) AS d
  ON d.person_id = s.person_id
LEFT JOIN {person_regions} AS r ON r.person_id = s.person_id
WHERE s.score_low >= :floor
  AND (:country = '' OR r.country = :country)
  AND (:admin1 = '' OR r.admin1 = :admin1)
  AND (:city = '' OR CAST(r.city_id AS STRING) = :city)
  AND (:topic = '' OR s.person_id IN (SELECT person_id FROM {topics_named} WHERE slug = :topic))
GROUP BY s.person_id, s.platforms
