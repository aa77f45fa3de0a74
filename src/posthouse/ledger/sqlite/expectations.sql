-- name: expect
-- Expect something of a source or binding, from now on; an unchanged expectation goes on as it was.
INSERT INTO expectations (project_id, subject, subject_id, silence_s, set_at)
VALUES (:project_id, :subject, :subject_id, :silence_s, :now)
ON CONFLICT (project_id, subject, subject_id)
DO UPDATE SET silence_s = excluded.silence_s, set_at = excluded.set_at, told_at = NULL, silent_since = NULL
WHERE silence_s <> excluded.silence_s;

-- name: expect_nothing
-- Expect nothing of a source or binding any more.
DELETE FROM expectations WHERE project_id = :project_id AND subject = :subject AND subject_id = :subject_id;

-- name: name_of_source
-- What a source is called.
SELECT name FROM sources WHERE project_id = :project_id AND id = :subject_id;

-- name: name_of_binding
-- What a binding is called: from whom to whom.
SELECT s.name || ' to ' || t.name FROM bindings AS b JOIN sources AS s ON s.id = b.source_id
JOIN endpoints AS e ON e.id = b.endpoint_id JOIN targets AS t ON t.id = e.target_id
WHERE b.project_id = :project_id AND b.id = :subject_id;

-- name: silence_of
-- What is expected of a source or binding, in seconds.
SELECT silence_s FROM expectations
WHERE project_id = :project_id AND subject = :subject AND subject_id = :subject_id;

-- name: source_expectations
-- What is expected of sources that are on, with when each was last heard of.
SELECT x.subject_id, s.name, x.silence_s, x.set_at, c.last_at, x.told_at, x.silent_since
FROM expectations AS x
JOIN sources AS s ON s.id = x.subject_id AND s.removed_at IS NULL
LEFT JOIN event_counters AS c ON c.project_id = x.project_id AND c.source_id = x.subject_id
WHERE x.project_id = :project_id AND x.subject = 'source' AND s.is_enabled = 1;

-- name: binding_expectations
-- What is expected of active bindings, with when each last had something to deliver.
SELECT x.subject_id, s.name || ' to ' || t.name, x.silence_s, x.set_at,
    (SELECT d.created_at FROM deliveries AS d INDEXED BY deliveries_of_binding
        WHERE d.binding_id = x.subject_id ORDER BY d.seq DESC LIMIT 1),
    x.told_at, x.silent_since
FROM expectations AS x
JOIN bindings AS b ON b.id = x.subject_id AND b.state = 'active'
JOIN sources AS s ON s.id = b.source_id AND s.is_enabled = 1
JOIN endpoints AS e ON e.id = b.endpoint_id
JOIN targets AS t ON t.id = e.target_id
WHERE x.project_id = :project_id AND x.subject = 'binding';

-- name: mark_told
-- Note that a silence has been told of and when it began, or (null) that it is over.
UPDATE expectations SET told_at = :told_at, silent_since = :silent_since
WHERE project_id = :project_id AND subject = :subject AND subject_id = :subject_id;

-- name: expect_anew
-- Let the expectations of a source that was off, and of its bindings, begin anew.
UPDATE expectations SET set_at = :now, told_at = NULL, silent_since = NULL
WHERE project_id = :project_id AND (
    (subject = 'source' AND subject_id = :source_id)
    OR (subject = 'binding' AND subject_id IN (SELECT id FROM bindings WHERE source_id = :source_id)));
