-- clout.leaderboard: every day's scores in order, with a name to read.
CREATE VIEW clout.leaderboard AS
SELECT
  s.ds,
  CAST(rank() OVER (PARTITION BY s.ds ORDER BY s.score DESC) AS BIGINT) AS place,
  s.person_id,
  coalesce(a.display_name, a.handle, s.person_id) AS name,
  s.score,
  s.true_reach,
  s.amplification,
  s.network_influence
FROM clout.scores AS s
LEFT JOIN (
  SELECT ds, person_id, min(display_name) AS display_name, min(handle) AS handle
  FROM clout.accounts
  GROUP BY ds, person_id
) AS a ON a.ds = s.ds AND a.person_id = s.person_id
WHERE s.score IS NOT NULL;
COMMENT ON VIEW clout.leaderboard IS 'The scored people of each day, highest first; equal scores share a place.';
COMMENT ON COLUMN clout.leaderboard.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.leaderboard.place IS 'Place on that day, 1 is highest';
COMMENT ON COLUMN clout.leaderboard.person_id IS 'The person';
COMMENT ON COLUMN clout.leaderboard.name IS 'Display name, else handle, else the key';
COMMENT ON COLUMN clout.leaderboard.score IS 'Points from 1 to 100';
COMMENT ON COLUMN clout.leaderboard.true_reach IS 'How many people the person really moves';
COMMENT ON COLUMN clout.leaderboard.amplification IS 'Probability that a post is passed on or answered';
COMMENT ON COLUMN clout.leaderboard.network_influence IS 'How influential the people are whom the person moves, 0 to 100';
