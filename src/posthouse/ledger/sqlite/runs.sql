-- name: run_states
-- How far the schedules of some bindings have been dealt with.
SELECT binding_id, settled_at, period, ran_at, result, detail FROM runs
WHERE project_id = :project_id AND binding_id IN (SELECT value FROM json_each(:binding_ids));

-- name: clock_runs
-- The active bindings of a source that go by the clock, each with how far it is.
SELECT b.schedule, r.binding_id, r.settled_at, r.period, r.ran_at, r.result, r.detail
FROM bindings AS b JOIN runs AS r ON r.binding_id = b.id
WHERE b.project_id = :project_id AND b.source_id = :source_id AND b.state = 'active' AND b.mode <> 'on_change'
ORDER BY b.id;

-- name: begin_run
-- Say from where a binding's schedule goes on; what its last run led to is kept.
INSERT INTO runs (binding_id, project_id, settled_at, period) VALUES (:binding_id, :project_id, :settled_at, :period)
ON CONFLICT (binding_id) DO UPDATE SET settled_at = excluded.settled_at, period = excluded.period;

-- name: forget_run
-- A binding goes by the clock no more.
DELETE FROM runs WHERE project_id = :project_id AND binding_id = :binding_id;

-- name: settle_run
-- Settle a slot, if the one settled before it is still the same.
UPDATE runs SET settled_at = :settled_at, period = :period, ran_at = :now, result = :result, detail = :detail
WHERE project_id = :project_id AND binding_id = :binding_id
    AND settled_at = :before_at AND period = :before_period;

-- name: note_run
-- Say what came of a run that settles nothing: one that failed and is tried again, or one made by hand.
UPDATE runs SET ran_at = :now, result = :result, detail = :detail
WHERE project_id = :project_id AND binding_id = :binding_id;

-- name: extend_gap
-- Lengthen a binding's newest gap where the new slots follow on it, for the same reason.
UPDATE gaps SET last_at = :last_at, count = count + :count, is_at_least = max(is_at_least, :is_at_least),
    noted_at = :now
WHERE seq = (SELECT max(seq) FROM gaps WHERE binding_id = :binding_id) AND project_id = :project_id
    AND last_at = :after AND reason = :reason AND detail = :detail AND ran_at IS NULL;

-- name: add_gap
-- Record a gap.
INSERT INTO gaps (project_id, binding_id, reason, detail, first_at, last_at, count, is_at_least, noted_at)
VALUES (:project_id, :binding_id, :reason, :detail, :first_at, :last_at, :count, :is_at_least, :now);

-- name: page_gaps
-- Gaps before a position, newest first, with the names around them.
SELECT g.seq, g.binding_id, g.reason, g.detail, g.first_at, g.last_at, g.count, g.is_at_least, g.noted_at, g.ran_at,
    s.name, t.name, e.name, b.schedule
FROM gaps AS g
JOIN bindings AS b ON b.id = g.binding_id
JOIN sources AS s ON s.id = b.source_id
JOIN endpoints AS e ON e.id = b.endpoint_id
JOIN targets AS t ON t.id = e.target_id
WHERE g.project_id = :project_id AND g.seq < :before AND b.state <> 'removed'
    AND (:seq IS NULL OR g.seq = :seq)
    AND (:binding_id IS NULL OR g.binding_id = :binding_id)
    AND (:source_id IS NULL OR b.source_id = :source_id)
ORDER BY g.seq DESC LIMIT :limit;

-- name: mark_gap_run
-- Note that a gap was run by hand.
UPDATE gaps SET ran_at = :now WHERE project_id = :project_id AND seq = :seq;

-- name: trim_gaps
-- Remove gaps that were noted before an instant.
DELETE FROM gaps WHERE noted_at < :before;
