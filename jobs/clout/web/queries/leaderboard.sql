-- Leaderboard
-- Everybody with a score on this day, highest first; equal scores share a place. People who did not agree to be named count for the places and are not listed.
-- place: Place among everybody with a score; 1 is highest.
-- tied: Whether somebody else has the same score.
-- name: What the person is called.
WITH listed AS (
  SELECT person_id, score
  FROM clout.scores
  WHERE
    ds = $day AND score IS NOT NULL
    AND (NOT contains(person_id, ':someone-') OR NOT regexp_matches(person_id, '^[^:]*:someone-[0-9a-f]{32}$'))
    AND ($platform IS NULL OR list_contains(string_split(platforms, ','), $platform))
    AND (
      $topic IS NULL OR person_id IN (
        SELECT p.person_id
        FROM clout.person_topics AS p
        INNER JOIN clout.topics AS t ON t.ds = p.ds AND t.topic_id = p.topic_id AND NOT t.is_sensitive
        WHERE p.ds = $day AND p.slug = $topic AND p.not_named IS NULL
      )
    )
    AND (
      $region IS NULL OR person_id IN (
        SELECT person_id
        FROM clout.person_regions
        WHERE ds = $day AND $region IN (country, country || '-' || admin1, country || '-' || admin1 || '/' || city)
      )
    )
  ORDER BY score DESC, person_id
  LIMIT $most OFFSET $skip
),
places AS (
  SELECT l.score, count(*) FILTER (s.score > l.score) + 1 AS place, count(*) FILTER (s.score = l.score) > 1 AS tied
  FROM (SELECT DISTINCT score FROM listed) AS l
  INNER JOIN clout.scores AS s ON s.ds = $day AND s.score >= l.score
  GROUP BY l.score
),
names AS (
  SELECT person_id, coalesce(min(display_name), min(handle)) AS name
  FROM clout.accounts
  WHERE ds = $day AND person_id IN (SELECT person_id FROM listed)
  GROUP BY person_id
)
SELECT
  place, tied, l.person_id, name, s.score, score_low, score_high, true_reach, amplification, network_influence, platforms
FROM listed AS l
INNER JOIN places AS p ON p.score = l.score
INNER JOIN clout.scores AS s ON s.ds = $day AND s.person_id = l.person_id
LEFT JOIN names AS n ON n.person_id = l.person_id
ORDER BY place, l.person_id
