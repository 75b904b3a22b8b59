-- Accounts
-- The accounts that belong to the person and may be named.
SELECT platform, account_key, handle, display_name, account_type, created_on, followers_count
FROM clout.accounts
WHERE
  ds = $day AND person_id = $person
  AND NOT regexp_matches(account_key, '^[^:]*:someone-[0-9a-f]{32}$')
ORDER BY platform, account_key
