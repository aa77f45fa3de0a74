-- name: add_binding
-- Add a binding at its first revision and answer its id.
INSERT INTO bindings (
    project_id, source_id, endpoint_id, mode, schedule, filter, retry_schedule_s, retry_kinds, time_to_live_s,
    is_health_relevant, is_strict_order, batch_max, batch_wait_s, is_notification, revision, created_at, updated_at
) VALUES (
    :project_id, :source_id, :endpoint_id, :mode, :schedule, :filter, :retry_schedule_s, :retry_kinds, :time_to_live_s,
    :is_health_relevant, :is_strict_order, :batch_max, :batch_wait_s, :is_notification, 1, :now, :now
) RETURNING id;

-- name: add_revision
-- Keep a shape under its revision number.
INSERT INTO binding_revisions (project_id, binding_id, revision, shape, created_at)
VALUES (:project_id, :binding_id, :revision, :shape, :now);

-- name: edit_binding
-- Replace what a binding says of itself.
UPDATE bindings
SET mode = :mode, schedule = :schedule, filter = :filter, retry_schedule_s = :retry_schedule_s, retry_kinds = :retry_kinds,
    time_to_live_s = :time_to_live_s, is_health_relevant = :is_health_relevant, is_strict_order = :is_strict_order,
    batch_max = :batch_max, batch_wait_s = :batch_wait_s, is_notification = :is_notification, revision = :revision, updated_at = :now
WHERE project_id = :project_id AND id = :id;

-- name: move_binding
-- Let a binding send to another endpoint.
UPDATE bindings SET endpoint_id = :endpoint_id, updated_at = :now WHERE project_id = :project_id AND id = :id;

-- name: move_waiting
-- Let what waits of a binding go to its new endpoint.
UPDATE deliveries SET endpoint_id = :endpoint_id, updated_at = :now
WHERE binding_id = :binding_id AND status IN ('pending', 'failed');

-- name: same_binding
-- The active binding that does just what another would do.
SELECT id FROM bindings
WHERE project_id = :project_id AND source_id = :source_id AND endpoint_id = :endpoint_id AND schedule = :schedule
    AND filter = :filter AND state = 'active' AND id <> :but
LIMIT 1;

-- name: page_bindings
-- Bindings after an id that are not removed, with the names around them and the shape of their newest revision.
SELECT b.id, b.project_id, b.source_id, b.endpoint_id, b.schedule, b.filter, b.retry_schedule_s, b.retry_kinds,
    b.time_to_live_s, b.is_health_relevant, b.is_strict_order, b.batch_max, b.batch_wait_s, b.is_notification, r.shape,
    b.revision, b.created_at, s.name, t.id, t.name, e.name, b.state, b.updated_at
FROM bindings AS b
JOIN sources AS s ON s.id = b.source_id
JOIN endpoints AS e ON e.id = b.endpoint_id
JOIN targets AS t ON t.id = e.target_id
JOIN binding_revisions AS r ON r.project_id = b.project_id AND r.binding_id = b.id AND r.revision = b.revision
WHERE b.project_id = :project_id AND b.state <> 'removed' AND b.id > :after
    AND (:id IS NULL OR b.id = :id)
    AND (:source_id IS NULL OR b.source_id = :source_id)
    AND (:target_id IS NULL OR e.target_id = :target_id)
ORDER BY b.id LIMIT :limit;

-- name: shape_of_revision
-- The shape that a binding had at a revision.
SELECT shape FROM binding_revisions
WHERE project_id = :project_id AND binding_id = :binding_id AND revision = :revision;

-- name: active_routes
-- What routing needs of every active binding.
SELECT b.source_id, b.id, b.endpoint_id, e.target_id, b.revision, b.filter, b.time_to_live_s, b.is_strict_order,
    b.batch_max, b.batch_wait_s, b.schedule, b.is_notification
FROM bindings AS b JOIN endpoints AS e ON e.id = b.endpoint_id
WHERE b.project_id = :project_id AND b.state = 'active'
ORDER BY b.id;

-- name: shut_binding
-- Let a binding take no new events.
UPDATE bindings SET state = 'closing', updated_at = :now
WHERE project_id = :project_id AND id = :id AND state = 'active';

-- name: finish_closing
-- Remove the closing bindings that nothing waits for any more, by the counters; answers them.
UPDATE bindings SET state = 'removed', updated_at = :now
WHERE project_id = :project_id AND state = 'closing' AND NOT EXISTS (
    SELECT 1 FROM delivery_counters AS c
    WHERE c.project_id = bindings.project_id AND c.binding_id = bindings.id AND c.count > 0
        AND c.status IN ('pending', 'failed', 'in_flight'))
RETURNING id;
