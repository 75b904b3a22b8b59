-- Platforms that show posts
-- On the others Amplification is unknown.
SELECT DISTINCT platform FROM clout.platform_scores WHERE ds = $day AND posts > 0 ORDER BY platform
