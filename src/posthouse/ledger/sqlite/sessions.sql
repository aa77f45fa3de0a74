-- name: add_session
-- Keep a session's hash and answer its id.
INSERT INTO sessions (project_id, hash, browser, created_at, last_used_at)
VALUES (:project_id, :hash, :browser, :now, :now) RETURNING id;

-- name: page_sessions
-- Sessions after an id, in the order of their ids.
SELECT id, project_id, browser, created_at, last_used_at
FROM sessions WHERE project_id = :project_id AND id > :after ORDER BY id LIMIT :limit;

-- name: get_session
-- One session.
SELECT id, project_id, browser, created_at, last_used_at FROM sessions WHERE project_id = :project_id AND id = :id;

-- name: session_hashes
-- Every session by its hash, with when it was last used.
SELECT hash, id, last_used_at FROM sessions WHERE project_id = :project_id;

-- name: touch_session
-- Note when a session was last used.
UPDATE sessions SET last_used_at = max(last_used_at, :at) WHERE project_id = :project_id AND id = :id;

-- name: remove_session
-- Forget a session.
DELETE FROM sessions WHERE project_id = :project_id AND id = :id;

-- name: forget_sessions
-- Forget those not used since an instant, and all but the :kept that were used last.
DELETE FROM sessions WHERE project_id = :project_id AND (last_used_at < :since OR id NOT IN (
    SELECT id FROM sessions WHERE project_id = :project_id ORDER BY last_used_at DESC, id DESC LIMIT :kept
));
