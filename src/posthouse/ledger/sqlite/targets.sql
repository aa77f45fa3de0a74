-- name: add_target
-- Add a target and answer its id.
INSERT INTO targets (project_id, kind, name, settings, created_at, updated_at)
VALUES (:project_id, :kind, :name, :settings, :now, :now) RETURNING id;

-- name: page_targets
-- Targets after an id, in the order of their ids; one that is being removed is listed until its last delivery ended.
SELECT t.id, t.project_id, t.kind, t.name, t.settings, t.health, t.created_at, t.updated_at, t.removed_at
FROM targets AS t
WHERE t.project_id = :project_id AND t.id > :after
    AND (t.removed_at IS NULL OR EXISTS (
        SELECT 1 FROM endpoints AS e JOIN bindings AS b ON b.endpoint_id = e.id
        WHERE e.target_id = t.id AND b.state = 'closing'))
ORDER BY t.id LIMIT :limit;

-- name: get_target
-- One target by its id or, where that is null, its name; the one that stays before one that is being removed.
SELECT t.id, t.project_id, t.kind, t.name, t.settings, t.health, t.created_at, t.updated_at, t.removed_at
FROM targets AS t
WHERE t.project_id = :project_id AND CASE WHEN :id IS NULL THEN t.name = :name ELSE t.id = :id END
    AND (t.removed_at IS NULL OR EXISTS (
        SELECT 1 FROM endpoints AS e JOIN bindings AS b ON b.endpoint_id = e.id
        WHERE e.target_id = t.id AND b.state = 'closing'))
ORDER BY t.removed_at IS NULL DESC, t.id DESC LIMIT 1;

-- name: target_names
-- The name of every target that stays.
SELECT name FROM targets WHERE project_id = :project_id AND removed_at IS NULL ORDER BY name;

-- name: target_of_name
-- The id of the target that holds a name.
SELECT id FROM targets WHERE project_id = :project_id AND name = :name AND removed_at IS NULL;

-- name: edit_target
-- Replace a target's name and settings.
UPDATE targets SET name = :name, settings = :settings, updated_at = :now
WHERE project_id = :project_id AND id = :id;

-- name: remove_target
-- Free a target's name; it stays in the books for its deliveries' sake.
UPDATE targets SET removed_at = :now, updated_at = :now
WHERE project_id = :project_id AND id = :id AND removed_at IS NULL;

-- name: removed_targets
-- Removed targets that nothing is sent to any more and whose settings are still kept.
SELECT t.id, t.project_id, t.kind, t.name, t.settings, t.health, t.created_at, t.updated_at, t.removed_at
FROM targets AS t
WHERE t.project_id = :project_id AND t.removed_at IS NOT NULL AND t.settings <> '{}' AND NOT EXISTS (
    SELECT 1 FROM endpoints AS e JOIN bindings AS b ON b.endpoint_id = e.id
    WHERE e.target_id = t.id AND b.state <> 'removed');

-- name: forget_target
-- Drop the settings of a removed target.
UPDATE targets SET settings = '{}', updated_at = :now
WHERE project_id = :project_id AND id = :id AND removed_at IS NOT NULL;

-- name: put_endpoint
-- Add an endpoint, or replace the settings of the one of that name; one that was removed comes back well.
INSERT INTO endpoints (project_id, target_id, name, settings, identity, is_entered, created_at)
VALUES (:project_id, :target_id, :name, :settings, :identity, :is_entered, :now)
ON CONFLICT (project_id, target_id, name) DO UPDATE SET settings = excluded.settings, identity = excluded.identity,
    is_entered = excluded.is_entered, gone_at = NULL, health = iif(removed_at IS NULL, health, '{}'),
    is_paused = iif(removed_at IS NULL, is_paused, 0), removed_at = NULL;

-- name: offer_endpoint
-- Take over what a target says of an endpoint that is known; one that was removed comes back well.
UPDATE endpoints SET name = :name, settings = :settings, identity = :identity, gone_at = NULL,
    is_entered = iif(removed_at IS NULL, is_entered, 0), health = iif(removed_at IS NULL, health, '{}'),
    is_paused = iif(removed_at IS NULL, is_paused, 0), removed_at = NULL
WHERE id = :id;

-- name: step_aside
-- Free the names of endpoints that are about to get other ones; no name has a line break.
UPDATE endpoints SET name = char(10) || id WHERE id IN (SELECT value FROM json_each(:ids));

-- name: mark_endpoints_gone
-- Note since when a target offers its endpoints no more.
UPDATE endpoints SET gone_at = :now WHERE id IN (SELECT value FROM json_each(:ids)) AND gone_at IS NULL;

-- name: remove_endpoint
-- Take an endpoint out of what can be bound; it stays in the books for its deliveries' sake.
UPDATE endpoints SET removed_at = :now WHERE project_id = :project_id AND id = :id AND removed_at IS NULL;

-- name: known_endpoints
-- Every endpoint that a target ever had, and whether a binding uses it or still delivers what waits.
SELECT e.id, e.name, e.identity, e.is_entered, e.gone_at IS NOT NULL, e.removed_at IS NOT NULL,
    EXISTS (SELECT 1 FROM bindings AS b WHERE b.endpoint_id = e.id AND b.state <> 'removed')
FROM endpoints AS e WHERE e.project_id = :project_id AND e.target_id = :target_id ORDER BY e.id;

-- name: bindings_by_endpoint
-- How many bindings use each endpoint of a target, or still deliver what waits.
SELECT b.endpoint_id, count(*)
FROM bindings AS b JOIN endpoints AS e ON e.id = b.endpoint_id
WHERE e.project_id = :project_id AND e.target_id = :target_id AND b.state <> 'removed'
GROUP BY b.endpoint_id;

-- name: endpoints_of_target
-- A target's endpoints.
SELECT id, project_id, target_id, name, settings, health, concurrency, pace_s, is_entered, gone_at
FROM endpoints WHERE project_id = :project_id AND target_id = :target_id AND removed_at IS NULL ORDER BY id;

-- name: get_endpoint
-- One endpoint by its id.
SELECT id, project_id, target_id, name, settings, health, concurrency, pace_s, is_entered, gone_at
FROM endpoints WHERE project_id = :project_id AND id = :id;

-- name: queued_by_endpoint
-- How many deliveries of each endpoint of a target have not ended, from the counters.
SELECT e.id, coalesce(sum(c.count), 0)
FROM endpoints AS e
LEFT JOIN bindings AS b ON b.endpoint_id = e.id
LEFT JOIN delivery_counters AS c
    ON c.project_id = b.project_id AND c.binding_id = b.id AND c.status IN ('pending', 'failed', 'in_flight')
WHERE e.project_id = :project_id AND e.target_id = :target_id
GROUP BY e.id;
