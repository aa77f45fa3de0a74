-- name: add_missing_source
-- Add a source named after its kind, unless there is one of that name; answers its id.
INSERT INTO sources (project_id, kind, name, settings, properties, is_enabled, created_at, updated_at)
VALUES (:project_id, :kind, :kind, '{}', '{}', :is_enabled, :now, :now)
ON CONFLICT (project_id, name) DO NOTHING RETURNING id;

-- name: add_source
-- Add a source that is off, and answer its id.
INSERT INTO sources (project_id, kind, name, settings, properties, is_enabled, created_at, updated_at)
VALUES (:project_id, :kind, :name, :settings, :properties, 0, :now, :now) RETURNING id;

-- name: page_sources
-- Sources after an id, in the order of their ids.
SELECT id, project_id, kind, name, settings, properties, is_enabled, created_at, updated_at
FROM sources WHERE project_id = :project_id AND removed_at IS NULL AND id > :after ORDER BY id LIMIT :limit;

-- name: get_source
-- One source by its id or, where that is null, its name; a removed one only where it is asked for.
SELECT id, project_id, kind, name, settings, properties, is_enabled, created_at, updated_at
FROM sources
WHERE project_id = :project_id AND CASE WHEN :id IS NULL THEN name = :name ELSE id = :id END
    AND (removed_at IS NULL OR :even_removed);

-- name: source_names
-- The name of every source that stays.
SELECT name FROM sources WHERE project_id = :project_id AND removed_at IS NULL ORDER BY name;

-- name: is_source_name_taken
-- Whether any source, a removed one too, has this name.
SELECT EXISTS (SELECT 1 FROM sources WHERE project_id = :project_id AND name = :name);

-- name: edit_source
-- Replace a source's settings and property choices.
UPDATE sources SET settings = :settings, properties = :properties, updated_at = :now
WHERE project_id = :project_id AND id = :id AND removed_at IS NULL;

-- name: enable_source
-- Switch a source on or off, unless it is so already.
UPDATE sources SET is_enabled = :is_enabled, updated_at = :now
WHERE project_id = :project_id AND id = :id AND is_enabled <> :is_enabled;

-- name: remove_source
-- Switch a source off for good and free its name; it stays in the books for its events' sake.
UPDATE sources SET name = :name, is_enabled = 0, removed_at = :now, updated_at = :now
WHERE project_id = :project_id AND id = :id AND removed_at IS NULL;

-- name: removed_sources
-- Removed sources of which more is kept than their events need.
SELECT id FROM sources
WHERE project_id = :project_id AND removed_at IS NOT NULL AND (settings <> '{}' OR EXISTS (
    SELECT 1 FROM source_state AS s WHERE s.project_id = sources.project_id AND s.source_id = sources.id));

-- name: forget_source_state
-- Delete some of the state of a removed source.
DELETE FROM source_state WHERE (project_id, source_id, machine, key) IN (
    SELECT s.project_id, s.source_id, s.machine, s.key FROM source_state AS s
    WHERE s.project_id = :project_id AND s.source_id = :id LIMIT :limit);

-- name: forget_source_settings
-- Drop the settings of a removed source.
UPDATE sources SET settings = '{}' WHERE project_id = :project_id AND id = :id AND removed_at IS NOT NULL;
