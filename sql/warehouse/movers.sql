-- clout.movers: whose score moved, from one published day to the next. Only scores of one model are compared.
CREATE VIEW clout.movers AS
SELECT ds, person_id, name, score, previous_ds, previous_score, score - previous_score AS change
FROM (
  SELECT
    s.ds, s.person_id, coalesce(a.display_name, a.handle, s.person_id) AS name, s.score, s.model_version,
    -- A named window in a view is beyond Spark.
    lag(s.ds) OVER (PARTITION BY s.person_id ORDER BY s.ds) AS previous_ds,
    lag(s.score) OVER (PARTITION BY s.person_id ORDER BY s.ds) AS previous_score,
    lag(s.model_version) OVER (PARTITION BY s.person_id ORDER BY s.ds) AS previous_model
  FROM clout.scores AS s
  LEFT JOIN (
    SELECT ds, person_id, min(display_name) AS display_name, min(handle) AS handle
    FROM clout.accounts
    GROUP BY ds, person_id
  ) AS a ON a.ds = s.ds AND a.person_id = s.person_id
  WHERE s.score IS NOT NULL
) AS with_previous
WHERE previous_model = model_version;
COMMENT ON VIEW clout.movers IS 'One row per day and person who was also scored before, by the same model: how far the score moved.';
COMMENT ON COLUMN clout.movers.ds IS 'The score date, UTC';
COMMENT ON COLUMN clout.movers.person_id IS 'The person';
COMMENT ON COLUMN clout.movers.name IS 'Display name, else handle, else the key';
COMMENT ON COLUMN clout.movers.score IS 'Points from 1 to 100';
COMMENT ON COLUMN clout.movers.previous_ds IS 'The last day before on which the person had a score';
COMMENT ON COLUMN clout.movers.previous_score IS 'The score of that day';
COMMENT ON COLUMN clout.movers.change IS 'Points gained; negative where lost';
