-- What changed, and why
-- How far the score moved since a day, a week and a month before; the four causes sum to the change.
SELECT days_before, score_before, score, change, they_did, others_did, left_window, model_change
FROM clout.score_changes
WHERE ds = $day AND person_id = $person
ORDER BY days_before
