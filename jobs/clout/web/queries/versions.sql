-- Publications
-- Every publication and rollback of the day.
SELECT version, run_id, published_at, staged_at, model_version, code_version, people, warnings, reason
FROM meta.publish_log
WHERE ds = $day
ORDER BY version DESC
