-- clout.accounts: the accounts of the people in clout.scores. Defined by sql/scored_accounts.sql.
CREATE VIEW clout.accounts AS
SELECT ds, account_key, person_id, platform, handle, display_name, account_type, created_on, followers_count
FROM read_parquet({files}, hive_partitioning = false);
COMMENT ON VIEW clout.accounts IS 'One row per account of a scored person and day. People who opted out, protected accounts and minors are absent.';
COMMENT ON COLUMN clout.accounts.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.accounts.account_key IS 'platform:id';
COMMENT ON COLUMN clout.accounts.person_id IS 'The person that the account belongs to';
COMMENT ON COLUMN clout.accounts.platform IS 'The source''s name';
COMMENT ON COLUMN clout.accounts.handle IS 'The current @name; NULL where the platform did not say';
COMMENT ON COLUMN clout.accounts.display_name IS 'The displayed name; NULL where the platform did not say';
COMMENT ON COLUMN clout.accounts.account_type IS 'person, organization, page, group, bot or unknown';
COMMENT ON COLUMN clout.accounts.created_on IS 'The day on which the account was made; NULL where unknown';
COMMENT ON COLUMN clout.accounts.followers_count IS 'Followers as the platform reports them; not part of the score';
