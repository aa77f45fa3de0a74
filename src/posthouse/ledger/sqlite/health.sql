-- name: load_health
-- An endpoint's health and its target's.
SELECT e.health, t.health, t.id, t.name, e.name, t.project_id
FROM endpoints AS e JOIN targets AS t ON t.id = e.target_id WHERE e.id = :endpoint_id;

-- name: load_target_health
-- A target's health.
SELECT health, name, project_id FROM targets WHERE id = :target_id;

-- name: save_endpoint_health
-- Store an endpoint's health.
UPDATE endpoints SET health = :health, is_paused = :is_paused WHERE id = :endpoint_id;

-- name: save_target_health
-- Store a target's health.
UPDATE targets SET health = :health, is_paused = :is_paused WHERE id = :target_id;

-- name: endpoints_of_target_ids
-- The endpoints of a target.
SELECT id FROM endpoints WHERE target_id = :target_id ORDER BY id;
