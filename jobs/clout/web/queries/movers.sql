-- Movers
-- Whose score moved most over the chosen time, by half a point at least, and why. The earlier score is computed anew from what is stored now. People at whom a crowd talked within 30 days are not among the risers.
-- name: What the person is called.
WITH listed AS (
  SELECT c.person_id, c.score_before, c.score, c.change, c.they_did, c.others_did, c.left_window, c.model_change, s.score_low, s.score_high
  FROM clout.score_changes AS c
  INNER JOIN clout.scores AS s ON s.ds = c.ds AND s.person_id = c.person_id
  WHERE
    c.ds = $day AND c.days_before = $before AND c.change * $sign >= 0.5
    AND (NOT contains(c.person_id, ':someone-') OR NOT regexp_matches(c.person_id, '^[^:]*:someone-[0-9a-f]{32}$'))
    AND ($sign < 0 OR c.person_id NOT IN (SELECT person_id FROM clout.pile_ons WHERE ds = $day))
    AND ($platform IS NULL OR list_contains(string_split(s.platforms, ','), $platform))
  ORDER BY c.change * $sign DESC, c.person_id
  LIMIT $most OFFSET $skip
),
names AS (
  SELECT person_id, coalesce(min(display_name), min(handle)) AS name
  FROM clout.accounts
  WHERE ds = $day AND person_id IN (SELECT person_id FROM listed)
  GROUP BY person_id
)
SELECT l.person_id, name, score_before, score, change, they_did, others_did, left_window, model_change, score_low, score_high
FROM listed AS l
LEFT JOIN names AS n ON n.person_id = l.person_id
ORDER BY change * $sign DESC, l.person_id
