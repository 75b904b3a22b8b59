-- clout.accounts: the accounts of the people in clout.scores. Defined by sql/scored_accounts.sql.
-- Key: ds, account_key
CREATE TABLE clout.accounts (
  ds DATE,  -- The score date, UTC
  account_key VARCHAR,  -- platform:id; a pseudonym where its owner did not agree to be named
  person_id VARCHAR,  -- The person that the account belongs to
  platform VARCHAR,  -- The source's name
  handle VARCHAR,  -- The current @name; NULL where the platform did not say, or its owner did not agree to be named
  display_name VARCHAR,  -- The displayed name; NULL where the platform did not say, or its owner did not agree to be named
  account_type VARCHAR,  -- person, organization, page, group, bot or unknown
  created_on DATE,  -- The day on which the account was made; NULL where unknown
  followers_count BIGINT  -- Followers as the platform reports them; not part of the score
);
COMMENT ON TABLE clout.accounts IS 'One row per account of a scored person and day. People who opted out, protected accounts and minors are absent; who did not agree to be named stands under a pseudonym, without a name.';
