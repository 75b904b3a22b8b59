-- Search
-- Accounts by handle, name or key, whatever the case; exact ones first. None is chosen among several.
SELECT person_id, platform, account_key, handle, display_name, score, score_low, score_high
FROM clout.accounts AS a
INNER JOIN clout.scores AS s USING (ds, person_id)
WHERE
  ds = $day AND score IS NOT NULL
  AND (NOT contains(person_id, ':someone-') OR NOT regexp_matches(person_id, '^[^:]*:someone-[0-9a-f]{32}$'))
  AND (NOT contains(account_key, ':someone-') OR NOT regexp_matches(account_key, '^[^:]*:someone-[0-9a-f]{32}$'))
  AND ($platform IS NULL OR platform = $platform)
  AND (
    contains(lower(handle), lower($wanted)) OR contains(lower(display_name), lower($wanted))
    OR lower(account_key) = lower($wanted) OR lower(person_id) = lower($wanted)
  )
ORDER BY
  CASE
    WHEN lower(account_key) = lower($wanted) OR lower(handle) = lower($wanted) THEN 0
    WHEN lower(display_name) = lower($wanted) THEN 1
    WHEN starts_with(lower(handle), lower($wanted)) THEN 2
    ELSE 3
  END,
  score DESC, account_key
LIMIT $most
