-- Movers
-- Whose score moved most since so many days before, by half a point at least, and by which cause. The earlier score is computed anew from what is stored now.
SELECT c.person_id, name, score_before, c.score, c.change, they_did, others_did, left_window, model_change, s.score_low, s.score_high
FROM clout.score_changes AS c
INNER JOIN clout.scores AS s ON s.ds = c.ds AND s.person_id = c.person_id
LEFT JOIN (
  SELECT person_id, coalesce(min(display_name), min(handle)) AS name
  FROM clout.accounts
  WHERE ds = $day
  GROUP BY person_id
) AS a ON a.person_id = c.person_id
WHERE
  c.ds = $day AND c.days_before = $before AND c.change * $sign >= 0.5
  AND NOT regexp_matches(c.person_id, '^[^:]*:someone-[0-9a-f]{32}$')
  AND ($platform IS NULL OR list_contains(string_split(s.platforms, ','), $platform))
ORDER BY c.change * $sign DESC, c.person_id
LIMIT $most OFFSET $skip
