-- Whose account
-- The person to whom an account belongs.
SELECT person_id FROM clout.accounts WHERE ds = $day AND account_key = $account
