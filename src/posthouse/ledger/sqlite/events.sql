-- name: routing_number
-- The number of the present routing.
SELECT value FROM numbers WHERE name = 'routing';

-- name: where_the_ledger_stands
-- The number of the present routing, and the last position of the ledger sequence that is taken.
SELECT (SELECT value FROM numbers WHERE name = 'routing'),
    max(coalesce((SELECT max(seq) FROM events), 0), coalesce((SELECT max(seq) FROM deliveries), 0));

-- name: find_keys
-- Which of the keys [index, project, source, origin, key] are known: pairs of index and event id, as one JSON text.
SELECT json_group_array(json_array(k.value ->> 0, e.id))
FROM json_each(:keys) AS k
JOIN idempotency_keys AS i
    ON i.project_id = k.value ->> 1 AND i.source_id = k.value ->> 2 AND i.origin = k.value ->> 3 AND i.key = k.value ->> 4
JOIN events AS e ON e.seq = i.event_seq;

-- name: insert_keys
-- Remember the keys [project, source, origin, key, event_seq].
INSERT INTO idempotency_keys (project_id, source_id, origin, key, event_seq)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(:keys);

-- name: insert_event
-- Insert one event.
INSERT INTO events (
    seq, id, project_id, source_id, origin, machine, type, at, recorded_at, severity, subject, key, expires_at,
    supersede_key, correlation_key, audience, hops, data
) VALUES (
    :seq, :id, :project_id, :source_id, :origin, :machine, :type, :at, :recorded_at, :severity, :subject, :key,
    :expires_at, :supersede_key, :correlation_key, :audience, :hops, :data
);

-- name: insert_events
-- Insert events from rows of JSON; each one's data is a slice [offset from 1, length] of :data.
INSERT INTO events (
    seq, id, project_id, source_id, origin, machine, type, at, recorded_at, severity, subject, key, expires_at,
    supersede_key, correlation_key, audience, hops, data
)
SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8,
    value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16,
    CAST(substr(:data, value ->> 17, value ->> 18) AS TEXT)
FROM json_each(:rows);

-- name: insert_deliveries
-- Insert deliveries from rows of JSON.
INSERT INTO deliveries (
    seq, id, project_id, event_seq, binding_id, endpoint_id, revision, generation, status, available_at, expires_at,
    attempts, charged, in_line, is_maybe_sent, fence, lease_owner, lease_until, fingerprint, supersede_key,
    created_at, updated_at
)
SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8,
    value ->> 9, value ->> 10, value ->> 11, 0, value ->> 12, 0, value ->> 13, value ->> 14, value ->> 15, value ->> 16,
    value ->> 17, value ->> 18, value ->> 18
FROM json_each(:rows);

-- name: count_unended
-- How many deliveries of a binding have not ended, from its counters.
SELECT coalesce(sum(count), 0) FROM delivery_counters
WHERE binding_id = :binding_id AND status IN ('pending', 'failed', 'in_flight');

-- name: supersede
-- End what waits and is replaced by a newer one of its key: rows [binding, key, seq]; answers their bindings' ids.
UPDATE deliveries SET status = 'dismissed', reason = 'superseded', updated_at = :now, ended_at = :now
WHERE seq IN (
    SELECT d.seq FROM json_each(:newer) AS n CROSS JOIN deliveries AS d INDEXED BY deliveries_superseding
    WHERE d.binding_id = n.value ->> 0 AND d.supersede_key = n.value ->> 1 AND d.seq < n.value ->> 2
        AND d.status IN ('pending', 'failed') AND d.supersede_key IS NOT NULL
) RETURNING binding_id;

-- name: newest_fingerprint
-- The fingerprint of a binding's newest delivery that was not given up.
SELECT fingerprint FROM deliveries
WHERE binding_id = :binding_id AND status NOT IN ('dlq', 'dismissed', 'expired') ORDER BY seq DESC LIMIT 1;

-- name: get_event
-- One event by its id.
SELECT seq, id, project_id, source_id, machine, type, at, recorded_at, severity, origin, subject, data, key, expires_at,
    supersede_key, correlation_key, audience, hops
FROM events WHERE project_id = :project_id AND id = :id;

-- name: page_events
-- Events before a position, newest first.
SELECT e.seq, e.id, e.project_id, e.source_id, s.name, e.origin, e.machine, e.type, e.at, e.recorded_at, e.severity,
    e.subject, length(CAST(e.data AS BLOB)), (SELECT count(*) FROM deliveries AS d WHERE d.project_id = e.project_id AND d.event_seq = e.seq)
FROM events AS e JOIN sources AS s ON s.id = e.source_id
WHERE e.seq < :before
    AND (:source_id IS NULL OR e.source_id = :source_id)
    AND (:type IS NULL OR e.type GLOB :type)
    AND (:origin IS NULL OR e.origin = :origin)
ORDER BY e.seq DESC LIMIT :limit;
