-- name: add_missing_source
-- Add a source named after its kind, unless there is one of that name.
INSERT INTO sources (project_id, kind, name, settings, properties, is_enabled, created_at, updated_at)
VALUES (:project_id, :kind, :kind, '{}', '{}', :is_enabled, :now, :now)
ON CONFLICT (project_id, name) DO NOTHING;

-- name: page_sources
-- Sources after an id, in the order of their ids.
SELECT id, project_id, kind, name, settings, properties, is_enabled, created_at, updated_at
FROM sources WHERE project_id = :project_id AND id > :after ORDER BY id LIMIT :limit;

-- name: get_source
-- One source by its id or, where that is null, its name.
SELECT id, project_id, kind, name, settings, properties, is_enabled, created_at, updated_at
FROM sources WHERE project_id = :project_id AND CASE WHEN :id IS NULL THEN name = :name ELSE id = :id END;

-- name: source_names
-- Every source's name.
SELECT name FROM sources WHERE project_id = :project_id ORDER BY name;

-- name: edit_source
-- Replace a source's settings and property choices.
UPDATE sources SET settings = :settings, properties = :properties, updated_at = :now
WHERE project_id = :project_id AND id = :id;

-- name: enable_source
-- Switch a source on or off, unless it is so already.
UPDATE sources SET is_enabled = :is_enabled, updated_at = :now
WHERE project_id = :project_id AND id = :id AND is_enabled <> :is_enabled;
