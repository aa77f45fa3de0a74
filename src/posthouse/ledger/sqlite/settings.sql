-- name: all_settings
-- What is set, as key and JSON.
SELECT key, value FROM settings WHERE project_id = :project_id ORDER BY key;

-- name: put_setting
-- Set a setting.
INSERT INTO settings (project_id, key, value, updated_at) VALUES (:project_id, :key, :value, :now)
ON CONFLICT (project_id, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at;

-- name: delete_setting
-- Give a setting its default back.
DELETE FROM settings WHERE project_id = :project_id AND key = :key;
