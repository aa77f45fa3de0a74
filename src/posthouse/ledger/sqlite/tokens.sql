-- name: add_token
-- Keep a token's hash and answer its id.
INSERT INTO tokens (project_id, name, scope, hash, prefix, created_at)
VALUES (:project_id, :name, :scope, :hash, :prefix, :now) RETURNING id;

-- name: page_tokens
-- Tokens after an id, in the order of their ids.
SELECT id, project_id, name, scope, prefix, created_at, last_used_at
FROM tokens WHERE project_id = :project_id AND id > :after ORDER BY id LIMIT :limit;

-- name: get_token
-- One token by its id or, where that is null, its name.
SELECT id, project_id, name, scope, prefix, created_at, last_used_at
FROM tokens WHERE project_id = :project_id AND CASE WHEN :id IS NULL THEN name = :name ELSE id = :id END;

-- name: token_names
-- Every token's name.
SELECT name FROM tokens WHERE project_id = :project_id ORDER BY name;

-- name: token_grants
-- What every token allows, by its hash.
SELECT hash, id, scope FROM tokens WHERE project_id = :project_id;

-- name: touch_token
-- Note when a token was last used.
UPDATE tokens SET last_used_at = max(coalesce(last_used_at, 0), :at) WHERE project_id = :project_id AND id = :id;

-- name: remove_token
-- Forget a token.
DELETE FROM tokens WHERE project_id = :project_id AND id = :id;
