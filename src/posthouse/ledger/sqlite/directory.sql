-- name: directory_targets
-- Every target that may still be sent to.
SELECT id, project_id, kind, name, settings, health, created_at, updated_at FROM targets
WHERE removed_at IS NULL OR EXISTS (
    SELECT 1 FROM endpoints AS e JOIN bindings AS b ON b.endpoint_id = e.id
    WHERE e.target_id = targets.id AND b.state <> 'removed'
);

-- name: directory_endpoints
-- Every endpoint.
SELECT id, project_id, target_id, name, settings, health, concurrency, pace_s FROM endpoints;
