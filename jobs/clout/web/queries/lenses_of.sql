-- The same evidence as others looked at it
-- Axes of PeerIndex and TweetLevel, by formulas of our own, since theirs were never published. None enters the score.
SELECT lens, axis, value, inputs
FROM clout.lenses
WHERE ds = $day AND person_id = $person AND value IS NOT NULL
ORDER BY lens, axis
