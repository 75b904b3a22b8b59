-- Where the points come from
-- The points of a score by platform and measure. With the 1 that everybody starts from they sum to the score.
SELECT platform, feature, value, points
FROM clout.score_explanations
WHERE ds = $day AND person_id = $person
ORDER BY points DESC, platform, feature
