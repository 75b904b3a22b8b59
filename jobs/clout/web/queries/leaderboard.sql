-- Leaderboard
-- The scored people of a day, highest first. Equal scores share a place. Who did not agree to be named is counted in the places and not listed.
SELECT place, tied, person_id, name, score, score_low, score_high, true_reach, amplification, network_influence, platforms
FROM (
  SELECT
    s.*,
    CAST(rank() OVER (ORDER BY s.score DESC) AS BIGINT) AS place,
    count(*) OVER (PARTITION BY s.score) > 1 AS tied
  FROM clout.scores AS s
  WHERE s.ds = $day AND s.score IS NOT NULL
) AS s
LEFT JOIN (
  SELECT person_id, coalesce(min(display_name), min(handle)) AS name
  FROM clout.accounts
  WHERE ds = $day
  GROUP BY person_id
) AS a USING (person_id)
WHERE
  NOT regexp_matches(person_id, '^[^:]*:someone-[0-9a-f]{32}$')
  AND ($platform IS NULL OR list_contains(string_split(platforms, ','), $platform))
ORDER BY place, person_id
LIMIT $most OFFSET $skip
