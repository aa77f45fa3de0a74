-- name: get_state
-- One value of a source's state.
SELECT value FROM source_state
WHERE project_id = :project_id AND source_id = :source_id AND machine = :machine AND key = :key;

-- name: state_items
-- A source's state from one key up to another.
SELECT key, value FROM source_state
WHERE project_id = :project_id AND source_id = :source_id AND machine = :machine AND key >= :first AND key < :end
ORDER BY key;

-- name: some_state
-- The values of some keys of a source's state.
SELECT key, value FROM source_state
WHERE project_id = :project_id AND source_id = :source_id AND machine = :machine
    AND key IN (SELECT value FROM json_each(:keys));

-- name: put_state
-- Store or replace one value of a source's state.
INSERT INTO source_state (project_id, source_id, machine, key, value)
VALUES (:project_id, :source_id, :machine, :key, :value)
ON CONFLICT (project_id, source_id, machine, key) DO UPDATE SET value = excluded.value;

-- name: put_states
-- Store or replace values of a source's state from rows of JSON; each value is a slice [offset from 1, length] of :data.
INSERT INTO source_state (project_id, source_id, machine, key, value)
SELECT :project_id, :source_id, value ->> 0, value ->> 1, substr(:data, value ->> 2, value ->> 3)
FROM json_each(:rows) WHERE true
ON CONFLICT (project_id, source_id, machine, key) DO UPDATE SET value = excluded.value;

-- name: delete_states
-- Forget values of a source's state: [machine, key] in rows of JSON.
DELETE FROM source_state
WHERE project_id = :project_id AND source_id = :source_id
    AND (machine, key) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:rows));
