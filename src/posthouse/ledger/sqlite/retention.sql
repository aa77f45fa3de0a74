-- name: old_events
-- The next events behind :after in ledger order, each with whether it is too young or something keeps it. What holds the
-- ledger's last position stays, so that no position is ever given twice.
SELECT e.seq, CASE WHEN e.recorded_at >= :before THEN 'young' WHEN e.seq = (SELECT max(seq) FROM events) OR EXISTS (
    SELECT 1 FROM deliveries AS d WHERE d.project_id = e.project_id AND d.event_seq = e.seq AND (
        d.status IN ('pending', 'failed', 'in_flight', 'dlq') OR d.seq = (SELECT max(seq) FROM deliveries)
        OR NOT EXISTS (
            SELECT 1 FROM deliveries AS n INDEXED BY deliveries_of_binding
            WHERE n.binding_id = d.binding_id AND n.seq > d.seq
        )
        OR d.status NOT IN ('dismissed', 'expired') AND NOT EXISTS (
            SELECT 1 FROM deliveries AS n INDEXED BY deliveries_of_binding
            WHERE n.binding_id = d.binding_id AND n.seq > d.seq AND n.status NOT IN ('dlq', 'dismissed', 'expired')
        )
    )
) THEN 'keeps' ELSE 'goes' END
FROM events AS e WHERE e.seq > :after ORDER BY e.seq LIMIT :limit;

-- name: remove_attempts
-- Remove the attempts of some events' deliveries.
DELETE FROM attempts WHERE delivery_seq IN (
    SELECT d.seq FROM json_each(:seqs) AS s JOIN events AS e ON e.seq = s.value
    JOIN deliveries AS d ON d.project_id = e.project_id AND d.event_seq = e.seq
);

-- name: remove_bodies
-- Remove the request bodies of some events.
DELETE FROM bodies WHERE event_seq IN (SELECT value FROM json_each(:seqs));

-- name: remove_deliveries
-- Remove the deliveries of some events; answers their endpoints.
DELETE FROM deliveries WHERE seq IN (
    SELECT d.seq FROM json_each(:seqs) AS s JOIN events AS e ON e.seq = s.value
    JOIN deliveries AS d ON d.project_id = e.project_id AND d.event_seq = e.seq
) RETURNING endpoint_id;

-- name: remove_keys
-- Forget the idempotency keys of some events.
DELETE FROM idempotency_keys WHERE (project_id, source_id, origin, key) IN (
    SELECT e.project_id, e.source_id, e.origin, e.key FROM json_each(:seqs) AS s JOIN events AS e ON e.seq = s.value
    WHERE e.key IS NOT NULL
);

-- name: remove_events
-- Remove some events.
DELETE FROM events WHERE seq IN (SELECT value FROM json_each(:seqs));

-- name: free_pages
-- How many pages of the file are empty.
SELECT freelist_count FROM pragma_freelist_count;

-- name: vacuum_some
-- Give some empty pages back to the file system.
PRAGMA incremental_vacuum(256);
