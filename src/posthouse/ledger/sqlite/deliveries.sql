-- name: claimable
-- The due deliveries of an endpoint, in order, as one JSON text.
SELECT json_group_array(seq) FROM (
    SELECT seq FROM deliveries INDEXED BY deliveries_due
    WHERE endpoint_id = :endpoint_id AND status IN ('pending', 'failed') AND in_line <> 1
        AND available_at <= :now AND (expires_at IS NULL OR expires_at > :now)
    ORDER BY available_at, seq LIMIT :limit
);

-- name: next_due
-- When the first waiting delivery of an endpoint is due.
SELECT min(available_at) FROM deliveries INDEXED BY deliveries_due
WHERE endpoint_id = :endpoint_id AND status IN ('pending', 'failed') AND in_line <> 1
    AND (expires_at IS NULL OR expires_at > :now);

-- name: next_probed
-- The waiting delivery that follows a place in the due order.
SELECT seq FROM deliveries INDEXED BY deliveries_due
WHERE endpoint_id = :endpoint_id AND status IN ('pending', 'failed') AND in_line <> 1
    AND (available_at, seq) > (:available_at, :seq) AND (expires_at IS NULL OR expires_at > :now)
ORDER BY available_at, seq LIMIT 1;

-- name: mark_claimed
-- Lease the deliveries under a new fence.
UPDATE deliveries
SET status = 'in_flight', fence = fence + 1, attempts = attempts + 1, lease_owner = :owner, lease_until = :until,
    updated_at = :now
WHERE seq IN (SELECT value FROM json_each(:seqs));

-- name: read_claimed
-- What sending the deliveries needs, as one JSON text of ClaimedDelivery records, and how many have a receipt.
SELECT '[' || coalesce(group_concat(
    rtrim(json_object(
        'seq', d.seq, 'id', d.id, 'event_seq', d.event_seq, 'binding_id', d.binding_id, 'endpoint_id', d.endpoint_id,
        'revision', d.revision, 'fence', d.fence, 'attempt', d.attempts, 'charged', d.charged,
        'available_at', d.available_at, 'expires_at', d.expires_at, 'is_due', d.available_at <= :now,
        'is_probe', :is_probe, 'is_maybe_sent', d.is_maybe_sent
    ), '}') || ',"event":' || rtrim(json_object(
        'id', e.id, 'project_id', e.project_id, 'source_id', e.source_id, 'machine', e.machine, 'type', e.type,
        'at', e.at, 'recorded_at', e.recorded_at, 'severity', e.severity, 'origin', e.origin, 'subject', e.subject,
        'key', e.key, 'expires_at', e.expires_at, 'supersede_key', e.supersede_key,
        'correlation_key', e.correlation_key, 'audience', json(e.audience), 'hops', e.hops
    ), '}') || ',"data":' || e.data || '}}'
), '') || ']', count(d.receipt)
FROM json_each(:seqs) AS s JOIN deliveries AS d ON d.seq = s.value JOIN events AS e ON e.seq = d.event_seq;

-- name: read_receipts
-- The receipts of those of the deliveries that have one.
SELECT d.seq, d.receipt FROM json_each(:seqs) AS s JOIN deliveries AS d ON d.seq = s.value WHERE d.receipt IS NOT NULL;

-- name: standing_leases
-- Which of the leases [seq, fence] still stand: their places in the list, as one JSON text.
SELECT json_group_array(l.key)
FROM json_each(:leases) AS l CROSS JOIN deliveries AS d ON d.seq = l.value ->> 0
WHERE +d.status = 'in_flight' AND d.fence = l.value ->> 1;

-- name: write_results
-- Move deliveries to where their attempts left them.
UPDATE deliveries
SET status = r.value ->> 1, reason = r.value ->> 2, available_at = r.value ->> 3, charged = r.value ->> 4,
    ended_at = r.value ->> 5, is_maybe_sent = r.value ->> 6, last_code = r.value ->> 7, last_status = r.value ->> 8,
    receipt = coalesce(r.value ->> 9, receipt), lease_owner = NULL, lease_until = NULL, updated_at = :now
FROM json_each(:rows) AS r WHERE deliveries.seq = r.value ->> 0;

-- name: insert_attempts
-- Record attempts; each one's answer is a slice [offset from 1, length] of :excerpts.
INSERT INTO attempts (
    project_id, delivery_seq, number, started_at, duration_ms, kind, code, status_code, detail, is_probe, is_charged,
    revision, method, url, request_headers, body_hash, retry_after_s, excerpt
)
SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8,
    value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, unhex(value ->> 15),
    value ->> 16, substr(:excerpts, value ->> 17, value ->> 18)
FROM json_each(:rows);

-- name: insert_bodies
-- Store request bodies that are not there yet: slices [offset from 1, length] of :bodies.
INSERT OR IGNORE INTO bodies (project_id, event_seq, hash, body)
SELECT value ->> 0, value ->> 1, unhex(value ->> 2), substr(:bodies, value ->> 3, value ->> 4) FROM json_each(:rows);

-- name: release
-- Give unsent leases [seq, fence] back as they were, uncharged.
UPDATE deliveries
SET status = CASE WHEN attempts > 1 THEN 'failed' ELSE 'pending' END, attempts = attempts - 1,
    lease_owner = NULL, lease_until = NULL, updated_at = :now
FROM json_each(:leases) AS l
WHERE deliveries.seq = l.value ->> 0 AND deliveries.fence = l.value ->> 1 AND +deliveries.status = 'in_flight';

-- name: orphaned_leases
-- Leases of other instances, which ended without giving them back.
SELECT seq, project_id, binding_id, charged, attempts, revision, updated_at, available_at, endpoint_id FROM deliveries
WHERE status = 'in_flight' AND lease_owner <> :owner LIMIT :limit;

-- name: expired_leases
-- Leases of this instance whose time is over.
SELECT seq, project_id, binding_id, charged, attempts, revision, updated_at, available_at, endpoint_id
FROM deliveries INDEXED BY deliveries_leased
WHERE status = 'in_flight' AND lease_until < :monotonic_ms AND lease_owner = :owner LIMIT :limit;

-- name: next_lease_end
-- When the first lease of this instance ends, on its monotonic clock.
SELECT min(lease_until) FROM deliveries INDEXED BY deliveries_leased
WHERE status = 'in_flight' AND lease_owner = :owner;

-- name: promote_head
-- Let the first in a binding's line be claimed, if its line has no head.
UPDATE deliveries SET in_line = 2
WHERE seq = (
    SELECT seq FROM deliveries INDEXED BY deliveries_in_line
    WHERE binding_id = :binding_id AND in_line = 1 AND in_line > 0 AND status IN ('pending', 'failed', 'in_flight')
    ORDER BY seq LIMIT 1
) AND NOT EXISTS (
    SELECT 1 FROM deliveries INDEXED BY deliveries_in_line
    WHERE binding_id = :binding_id AND in_line = 2 AND in_line > 0 AND status IN ('pending', 'failed', 'in_flight')
);

-- name: join_line
-- Put a binding's waiting deliveries in line (:in_line 1) or free them (0).
UPDATE deliveries SET in_line = :in_line
WHERE binding_id = :binding_id AND status IN ('pending', 'failed', 'in_flight');

-- name: expire
-- End deliveries whose time limit has passed; answers binding and endpoint.
UPDATE deliveries SET status = 'expired', reason = 'time_limit', ended_at = :now, updated_at = :now
WHERE seq IN (
    SELECT seq FROM deliveries INDEXED BY deliveries_expiring
    WHERE status IN ('pending', 'failed') AND expires_at IS NOT NULL AND expires_at <= :now
    ORDER BY expires_at LIMIT :limit
) RETURNING binding_id, endpoint_id;

-- name: next_expiry
-- When the next waiting delivery expires.
SELECT min(expires_at) FROM deliveries INDEXED BY deliveries_expiring
WHERE status IN ('pending', 'failed') AND expires_at IS NOT NULL;

-- name: clamp_due
-- Pull due times that lie too far ahead (the clock jumped back) to their bindings' longest wait from now.
UPDATE deliveries INDEXED BY deliveries_due SET available_at = :latest, updated_at = :now
WHERE endpoint_id = :endpoint_id AND status IN ('pending', 'failed') AND in_line <> 1 AND available_at > :latest
    AND binding_id = :binding_id;

-- name: bindings_of_endpoints
-- Every binding that may have something waiting, with its endpoint.
SELECT endpoint_id, id FROM bindings ORDER BY endpoint_id, id;

-- name: endpoints_due
-- Endpoints that have anything waiting.
SELECT e.id FROM endpoints AS e WHERE EXISTS (
    SELECT 1 FROM deliveries AS d INDEXED BY deliveries_due
    WHERE d.endpoint_id = e.id AND d.status IN ('pending', 'failed') AND d.in_line <> 1
);

-- name: binding_policies
-- The policies of some bindings.
SELECT id, retry_schedule_s, retry_kinds, time_to_live_s, is_health_relevant, is_strict_order
FROM bindings WHERE id IN (SELECT value FROM json_each(:ids));

-- name: get_delivery
-- One delivery with the names around it.
SELECT d.seq, d.id, e.id, e.type, e.subject, e.severity, s.id, s.name, t.id, t.name, n.id, n.name, d.binding_id,
    d.revision, d.generation, d.status, d.status IN ('pending', 'failed') AND (n.is_paused OR t.is_paused), d.reason,
    d.attempts, d.available_at, d.expires_at, d.created_at, d.updated_at, d.ended_at, d.last_code, d.last_status
FROM deliveries AS d
JOIN events AS e ON e.seq = d.event_seq
JOIN sources AS s ON s.id = e.source_id
JOIN endpoints AS n ON n.id = d.endpoint_id
JOIN targets AS t ON t.id = n.target_id
WHERE d.project_id = :project_id AND d.id = :id;

-- name: page_deliveries
-- Deliveries before a position, newest first.
SELECT d.seq, d.id, e.id, e.type, e.subject, e.severity, s.id, s.name, t.id, t.name, n.id, n.name, d.binding_id,
    d.revision, d.generation, d.status, d.status IN ('pending', 'failed') AND (n.is_paused OR t.is_paused), d.reason,
    d.attempts, d.available_at, d.expires_at, d.created_at, d.updated_at, d.ended_at, d.last_code, d.last_status
FROM deliveries AS d
CROSS JOIN events AS e ON e.seq = d.event_seq
JOIN sources AS s ON s.id = e.source_id
JOIN endpoints AS n ON n.id = d.endpoint_id
JOIN targets AS t ON t.id = n.target_id
WHERE d.seq < :before
    AND (:source_id IS NULL OR e.source_id = :source_id)
    AND (:target_id IS NULL OR n.target_id = :target_id)
    AND (:binding_id IS NULL OR d.binding_id = :binding_id)
    AND (:event_id IS NULL OR e.id = :event_id)
    AND (:type IS NULL OR e.type GLOB :type)
ORDER BY d.seq DESC LIMIT :limit;

-- name: page_deliveries_by_status
-- Deliveries of one status before a position, newest first; of waiting ones those that wait for a pause, or the others.
SELECT d.seq, d.id, e.id, e.type, e.subject, e.severity, s.id, s.name, t.id, t.name, n.id, n.name, d.binding_id,
    d.revision, d.generation, d.status, d.status IN ('pending', 'failed') AND (n.is_paused OR t.is_paused), d.reason,
    d.attempts, d.available_at, d.expires_at, d.created_at, d.updated_at, d.ended_at, d.last_code, d.last_status
FROM deliveries AS d INDEXED BY deliveries_by_status
CROSS JOIN events AS e ON e.seq = d.event_seq
JOIN sources AS s ON s.id = e.source_id
JOIN endpoints AS n ON n.id = d.endpoint_id
JOIN targets AS t ON t.id = n.target_id
WHERE d.status = :status AND d.seq < :before
    AND (d.status NOT IN ('pending', 'failed') OR (n.is_paused OR t.is_paused) = :is_paused)
    AND (:source_id IS NULL OR e.source_id = :source_id)
    AND (:target_id IS NULL OR n.target_id = :target_id)
    AND (:binding_id IS NULL OR d.binding_id = :binding_id)
    AND (:event_id IS NULL OR e.id = :event_id)
    AND (:type IS NULL OR e.type GLOB :type)
ORDER BY d.seq DESC LIMIT :limit;

-- name: deliveries_of_event
-- An event's deliveries, in order, by the event's id.
SELECT d.id FROM events AS e JOIN deliveries AS d ON d.project_id = e.project_id AND d.event_seq = e.seq
WHERE e.project_id = :project_id AND e.id = :id ORDER BY d.seq;

-- name: attempts_of_delivery
-- A delivery's attempts with their bodies, in order.
SELECT a.number, a.started_at, a.duration_ms, a.kind, a.code, a.status_code, a.detail, a.is_probe, a.is_charged,
    a.revision, a.method, a.url, a.request_headers, lower(hex(a.body_hash)), b.body, a.excerpt, a.retry_after_s
FROM attempts AS a JOIN deliveries AS d ON d.seq = a.delivery_seq
LEFT JOIN bodies AS b ON b.event_seq = d.event_seq AND b.hash = a.body_hash
WHERE a.delivery_seq = :seq ORDER BY a.number;

-- name: find_deliveries
-- Status, place and binding of some deliveries by their ids.
SELECT d.seq, d.id, d.project_id, d.event_seq, d.binding_id, d.endpoint_id, d.status, d.generation, d.fingerprint,
    d.supersede_key, b.revision, b.state, b.time_to_live_s, b.is_strict_order, (
        SELECT max(n.generation) FROM deliveries AS n
        WHERE n.project_id = d.project_id AND n.event_seq = d.event_seq AND n.binding_id = d.binding_id
    ), d.attempts
FROM json_each(:ids) AS i CROSS JOIN deliveries AS d ON d.project_id = :project_id AND d.id = i.value
JOIN bindings AS b ON b.id = d.binding_id;

-- name: revive
-- Give a delivery that was given up a fresh budget.
UPDATE deliveries
SET status = 'pending', reason = NULL, charged = 0, available_at = :now, expires_at = :expires_at, ended_at = NULL,
    revision = :revision, in_line = :in_line, updated_at = :now
WHERE seq = :seq AND status = 'dlq';

-- name: hasten
-- Let a waiting delivery go now; one that is due already keeps its place.
UPDATE deliveries SET available_at = min(available_at, :now), updated_at = :now WHERE seq = :seq AND status IN ('pending', 'failed');

-- name: next_generation
-- A new row for an ended delivery's event and binding.
INSERT INTO deliveries (
    seq, id, project_id, event_seq, binding_id, endpoint_id, revision, generation, status, available_at, expires_at,
    attempts, charged, in_line, is_maybe_sent, fence, fingerprint, supersede_key, receipt, created_at, updated_at
)
SELECT :new_seq, :id, project_id, event_seq, binding_id, endpoint_id, :revision, generation + 1, 'pending', :now,
    :expires_at, 0, 0, :in_line, 0, 0, fingerprint, supersede_key, receipt, :now, :now
FROM deliveries WHERE seq = :seq;

-- name: dismiss
-- End deliveries that wait or were given up, because a person said so.
UPDATE deliveries SET status = 'dismissed', reason = :reason, ended_at = :now, updated_at = :now
WHERE seq IN (SELECT value FROM json_each(:seqs)) AND status IN ('pending', 'failed', 'dlq');

-- name: own_source
-- The source that tells of the daemon itself.
SELECT id, project_id FROM sources WHERE kind = 'posthouse' AND project_id = :project_id;

-- name: binding_end_facts
-- What matters of a binding when one of its deliveries ends.
SELECT is_strict_order, state FROM bindings WHERE id = :binding_id AND (is_strict_order OR state = 'closing');

-- name: close_binding
-- A closing binding has delivered what waited.
UPDATE bindings SET state = 'removed' WHERE id = :binding_id;

-- name: gave_up_facts
-- What to tell of deliveries that were given up; none of those that carried the daemon's own events.
SELECT d.id, e.id, e.type, t.id, t.name, d.attempts, d.reason, d.last_code, d.last_status
FROM json_each(:seqs) AS s JOIN deliveries AS d ON d.seq = s.value
JOIN events AS e ON e.seq = d.event_seq JOIN sources AS o ON o.id = e.source_id
JOIN endpoints AS n ON n.id = d.endpoint_id JOIN targets AS t ON t.id = n.target_id
WHERE o.kind <> 'posthouse';
