-- name: directory_sources
-- Every source that stays, and each removed one of which something is still to be delivered.
SELECT id, project_id, kind, name, settings, properties, is_enabled, created_at, updated_at FROM sources
WHERE removed_at IS NULL OR EXISTS (
    SELECT 1 FROM bindings AS b WHERE b.source_id = sources.id AND b.state <> 'removed'
)
ORDER BY id;

-- name: directory_targets
-- Every target that may still be sent to.
SELECT id, project_id, kind, name, settings, health, created_at, updated_at, removed_at FROM targets
WHERE removed_at IS NULL OR EXISTS (
    SELECT 1 FROM endpoints AS e JOIN bindings AS b ON b.endpoint_id = e.id
    WHERE e.target_id = targets.id AND b.state <> 'removed'
);

-- name: notifying_bindings
-- The bindings that notify people; those too that only deliver what waits.
SELECT id FROM bindings WHERE is_notification AND state <> 'removed';

-- name: directory_endpoints
-- Every endpoint.
SELECT id, project_id, target_id, name, settings, health, concurrency, pace_s, is_entered, gone_at FROM endpoints;
