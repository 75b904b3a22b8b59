-- meta.topic_coverage: of how many posts a topic is known. Written by jobs/conform.py.
-- Key: ds, platform
CREATE TABLE meta.topic_coverage (
  ds DATE,  -- The day of the snapshot, UTC
  platform VARCHAR,  -- The source's name
  posts BIGINT,  -- Own posts and quotes of people who may be shown
  with_tags BIGINT,  -- Those with a hashtag
  with_topic BIGINT,  -- Those about at least one topic
  unknown_language BIGINT,  -- Those in a language in which the ontology has no names
  dropped_tags BIGINT,  -- Hashtags of the day's posts that cannot be one, and were left out; the posts stay
  dropped_links BIGINT  -- Links of the day's posts that are no web address, and were left out; the posts stay
);
COMMENT ON TABLE meta.topic_coverage IS 'One row per day and platform that shows posts: how much of them the matcher understands.';
