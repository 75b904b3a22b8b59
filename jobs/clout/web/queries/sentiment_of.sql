-- How replies sound
-- Of a crowd of people who replied to the person how their replies sound together, and between what it surely lies. No factor of any score.
SELECT people, reactions, approval, approval_low, approval_high, negative_people_share, reason
FROM clout.sentiment
WHERE ds = $day AND person_id = $person
