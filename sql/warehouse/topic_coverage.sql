-- meta.topic_coverage: of how many posts a topic is known. Written by jobs/conform.py.
-- Key: ds, platform
CREATE TABLE meta.topic_coverage (
  ds DATE,
  platform VARCHAR,
  posts BIGINT,
  with_tags BIGINT,
  with_topic BIGINT,
  unknown_language BIGINT,
  dropped_tags BIGINT,
  dropped_links BIGINT
);
COMMENT ON TABLE meta.topic_coverage IS 'One row per day and platform that shows posts: how much of them the matcher understands.';
COMMENT ON COLUMN meta.topic_coverage.ds IS 'The day of the snapshot, UTC';
COMMENT ON COLUMN meta.topic_coverage.platform IS 'The source''s name';
COMMENT ON COLUMN meta.topic_coverage.posts IS 'Own posts and quotes of people who may be shown';
COMMENT ON COLUMN meta.topic_coverage.with_tags IS 'Those with a hashtag';
COMMENT ON COLUMN meta.topic_coverage.with_topic IS 'Those about at least one topic';
COMMENT ON COLUMN meta.topic_coverage.unknown_language IS 'Those in a language in which the ontology has no names';
COMMENT ON COLUMN meta.topic_coverage.dropped_tags IS 'Hashtags of the day''s posts that cannot be one, and were left out; the posts stay';
COMMENT ON COLUMN meta.topic_coverage.dropped_links IS 'Links of the day''s posts that are no web address, and were left out; the posts stay';
