-- meta.pulls: what each platform was asked, and what came of it. Defined by sql/pulls.sql.
-- Key: ds, platform, endpoint, snapshot
CREATE TABLE meta.pulls (
  ds DATE,
  platform VARCHAR,
  endpoint VARCHAR,
  snapshot VARCHAR,
  planned BIGINT,
  complete BIGINT,
  truncated BIGINT,
  skipped BIGINT,
  failed BIGINT,
  rows BIGINT,
  quarantined BIGINT,
  excluded BIGINT,
  requests BIGINT,
  cost_usd DOUBLE PRECISION,
  blind BOOLEAN,
  platform_blind BOOLEAN,
  reason VARCHAR,
  drift VARCHAR
);
COMMENT ON TABLE meta.pulls IS 'One row per day, platform, endpoint and kind of snapshot: tells a quiet day from a blind one.';
COMMENT ON COLUMN meta.pulls.ds IS 'The day of the snapshot, UTC';
COMMENT ON COLUMN meta.pulls.platform IS 'The source''s name';
COMMENT ON COLUMN meta.pulls.endpoint IS 'What was asked; for files, the reader';
COMMENT ON COLUMN meta.pulls.snapshot IS 'The snapshot table that the rows went to';
COMMENT ON COLUMN meta.pulls.planned IS 'Subjects (accounts, posts, files) that were to be asked about';
COMMENT ON COLUMN meta.pulls.complete IS 'Subjects of which everything was had';
COMMENT ON COLUMN meta.pulls.truncated IS 'Subjects of which a part was had';
COMMENT ON COLUMN meta.pulls.skipped IS 'Subjects that were not asked about';
COMMENT ON COLUMN meta.pulls.failed IS 'Subjects that were asked about in vain';
COMMENT ON COLUMN meta.pulls.rows IS 'Rows that landed';
COMMENT ON COLUMN meta.pulls.quarantined IS 'Rows that were put aside';
COMMENT ON COLUMN meta.pulls.excluded IS 'Rows of people who may not be shown: they did not land';
COMMENT ON COLUMN meta.pulls.requests IS 'Requests made; 0 for files';
COMMENT ON COLUMN meta.pulls.cost_usd IS 'What the platform charges for it, in dollars';
COMMENT ON COLUMN meta.pulls.blind IS 'True where something was asked and nothing answered: missing rows mean nothing';
COMMENT ON COLUMN meta.pulls.platform_blind IS 'The same of the whole platform; such a day is not published';
COMMENT ON COLUMN meta.pulls.reason IS 'Why not all is complete: one of the reasons';
COMMENT ON COLUMN meta.pulls.drift IS 'How the columns of a file, or the fields of answers, differ from those of the day pulled before; NULL where they do not';
