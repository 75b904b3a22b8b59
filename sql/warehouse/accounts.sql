-- clout.accounts: the accounts of the people in clout.scores. Defined by sql/scored_accounts.sql.
-- Key: ds, account_key
CREATE TABLE clout.accounts (
  ds DATE,
  account_key VARCHAR,
  person_id VARCHAR,
  platform VARCHAR,
  handle VARCHAR,
  display_name VARCHAR,
  account_type VARCHAR,
  created_on DATE,
  followers_count BIGINT
);
COMMENT ON TABLE clout.accounts IS 'One row per account of a scored person and day. People who opted out, protected accounts and minors are absent; who did not agree to be named stands under a pseudonym, without a name.';
COMMENT ON COLUMN clout.accounts.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.accounts.account_key IS 'platform:id; a pseudonym where its owner did not agree to be named';
COMMENT ON COLUMN clout.accounts.person_id IS 'The person that the account belongs to';
COMMENT ON COLUMN clout.accounts.platform IS 'The source''s name';
COMMENT ON COLUMN clout.accounts.handle IS 'The current @name; NULL where the platform did not say, or its owner did not agree to be named';
COMMENT ON COLUMN clout.accounts.display_name IS 'The displayed name; NULL where the platform did not say, or its owner did not agree to be named';
COMMENT ON COLUMN clout.accounts.account_type IS 'person, organization, page, group, bot or unknown';
COMMENT ON COLUMN clout.accounts.created_on IS 'The day on which the account was made; NULL where unknown';
COMMENT ON COLUMN clout.accounts.followers_count IS 'Followers as the platform reports them; not part of the score';
