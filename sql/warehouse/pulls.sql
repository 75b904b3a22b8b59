-- meta.pulls: what each platform was asked, and what came of it. Defined by sql/pulls.sql.
-- Key: ds, platform, endpoint, snapshot
CREATE TABLE meta.pulls (
  ds DATE,  -- The day of the snapshot, UTC
  platform VARCHAR,  -- The source's name
  endpoint VARCHAR,  -- What was asked; for files, the reader
  snapshot VARCHAR,  -- The snapshot table that the rows went to
  planned BIGINT,  -- Subjects (accounts, posts, files) that were to be asked about
  complete BIGINT,  -- Subjects of which everything was had
  truncated BIGINT,  -- Subjects of which a part was had
  skipped BIGINT,  -- Subjects that were not asked about
  failed BIGINT,  -- Subjects that were asked about in vain
  rows BIGINT,  -- Rows that landed
  quarantined BIGINT,  -- Rows that were put aside
  excluded BIGINT,  -- Rows of people who may not be shown, by what was known then: they did not land; meta.conservation has what was left out later
  requests BIGINT,  -- Requests made; 0 for files
  cost_usd DOUBLE PRECISION,  -- What the platform charges for it, in dollars
  blind BOOLEAN,  -- True where something was asked and nothing answered: missing rows mean nothing
  platform_blind BOOLEAN,  -- The same of the whole platform; such a day is not published
  reason VARCHAR,  -- Why not all is complete: one of the reasons
  drift VARCHAR  -- How the columns of a file, or the fields of answers, differ from those of the day pulled before; NULL where they do not
);
COMMENT ON TABLE meta.pulls IS 'One row per day, platform, endpoint and kind of snapshot: tells a quiet day from a blind one.';
