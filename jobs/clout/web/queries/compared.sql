-- Side by side
-- The scores, intervals and measures of two to five people, in the order in which they were named.
SELECT
  person_id, score, score_low, score_high, true_reach, amplification, amplification_low, amplification_high, network_influence,
  people, credible_people
FROM clout.scores
WHERE ds = $day AND person_id IN ($first, $second, $third, $fourth, $fifth)
ORDER BY list_position([$first, $second, $third, $fourth, $fifth], person_id)
