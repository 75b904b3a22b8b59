-- clout.care_lookup: who writes to customer care, of those who agreed, and nothing by which one could be served before another.
CREATE VIEW clout.care_lookup AS
SELECT
  a.ds,
  a.platform,
  a.handle,
  a.account_key,
  a.person_id,
  a.display_name,
  a.created_on AS account_since,
  r.country,
  r.admin1,
  r.city,
  p.piled_on_on
FROM clout.accounts AS a
INNER JOIN (SELECT max(ds) AS ds FROM clout.accounts) AS newest ON newest.ds = a.ds
INNER JOIN clout.consented AS c ON c.ds = a.ds AND c.person_id = a.person_id AND c.purpose = 'care'
LEFT JOIN clout.person_regions AS r ON r.ds = a.ds AND r.person_id = a.person_id
LEFT JOIN (
  SELECT ds, person_id, max(happened_on) AS piled_on_on FROM clout.pile_ons GROUP BY ds, person_id
) AS p ON p.ds = a.ds AND p.person_id = a.person_id;
COMMENT ON VIEW clout.care_lookup IS 'The accounts of people who agreed to be found by customer care, on the newest day. No score, place, reach, follower or rank is in it, so that nobody can be served by them; on PostgreSQL the role clout_care reads nothing else.';
COMMENT ON COLUMN clout.care_lookup.ds IS 'The newest score date, UTC';
COMMENT ON COLUMN clout.care_lookup.platform IS 'The source''s name';
COMMENT ON COLUMN clout.care_lookup.handle IS 'The current @name; NULL where the platform did not say';
COMMENT ON COLUMN clout.care_lookup.account_key IS 'platform:id';
COMMENT ON COLUMN clout.care_lookup.person_id IS 'The person that the account belongs to';
COMMENT ON COLUMN clout.care_lookup.display_name IS 'The displayed name; NULL where the platform did not say';
COMMENT ON COLUMN clout.care_lookup.account_since IS 'The day on which the account was made; NULL where unknown';
COMMENT ON COLUMN clout.care_lookup.country IS 'Where the person says they live, of those who agreed to have it shown; ISO 3166';
COMMENT ON COLUMN clout.care_lookup.admin1 IS 'The state or region within it';
COMMENT ON COLUMN clout.care_lookup.city IS 'The city';
COMMENT ON COLUMN clout.care_lookup.piled_on_on IS 'The last of the 30 days on which many strangers talked at the person: be kind, and expect many letters; NULL where none did';
