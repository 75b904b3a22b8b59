-- Style of a person
-- How this person behaves, not how well: what is their own, how often, how much of it is talk, and of how many topics. It enters no score.
SELECT
  style, between_style, style_reason, create_share, consistent, participate, broad, originals, shares_given, talk_given, active_days,
  outreach_points, outreach_people, outreach_level, answered_share
FROM clout.styles
WHERE ds = $day AND person_id = $person
