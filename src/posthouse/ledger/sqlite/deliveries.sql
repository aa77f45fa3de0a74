-- name: claimable
-- The due deliveries of an endpoint, in order, as one JSON text; and how many of them may not go by themselves.
SELECT json_group_array(seq), count(parcel_id) FROM (
    SELECT seq, parcel_id FROM deliveries INDEXED BY deliveries_due
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
-- The waiting delivery that follows a place in the due order; of a parcel only the first.
SELECT d.seq, d.available_at FROM deliveries AS d INDEXED BY deliveries_due
WHERE d.endpoint_id = :endpoint_id AND d.status IN ('pending', 'failed') AND d.in_line <> 1
    AND (d.available_at, d.seq) > (:available_at, :seq) AND (d.expires_at IS NULL OR d.expires_at > :now)
    AND (d.parcel_id IS NULL OR d.parcel_id = '' OR NOT EXISTS (
        SELECT 1 FROM deliveries AS m INDEXED BY deliveries_of_parcel
        WHERE m.parcel_id = d.parcel_id AND m.parcel_id > '' AND m.status IN ('pending', 'failed') AND m.in_line <> 1
            AND (m.expires_at IS NULL OR m.expires_at > :now) AND (m.available_at, m.seq) < (d.available_at, d.seq)
    ))
ORDER BY d.available_at, d.seq LIMIT 1;

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
        'is_probe', :is_probe, 'is_maybe_sent', d.is_maybe_sent, 'is_unjudged', d.reason IS 'filter'
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
-- Move deliveries to where their attempts left them; one that is not judged stays so for as long as it waits.
UPDATE deliveries
SET status = r.value ->> 1,
    reason = CASE WHEN reason IS 'filter' AND r.value ->> 1 = 'failed' THEN 'filter' ELSE r.value ->> 2 END, available_at = r.value ->> 3, charged = r.value ->> 4,
    ended_at = r.value ->> 5, is_maybe_sent = r.value ->> 6, last_code = r.value ->> 7, last_status = r.value ->> 8,
    receipt = coalesce(r.value ->> 9, receipt), lease_owner = NULL, lease_until = NULL, updated_at = :now
FROM json_each(:rows) AS r WHERE deliveries.seq = r.value ->> 0;

-- name: insert_attempts
-- Record attempts; each one's answer is a slice [offset from 1, length] of :excerpts.
INSERT INTO attempts (
    project_id, delivery_seq, number, started_at, duration_ms, kind, code, status_code, detail, is_probe, is_charged,
    revision, method, url, request_headers, body_hash, retry_after_s, excerpt, parcel_id
)
SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8,
    value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, unhex(value ->> 15),
    value ->> 16, substr(:excerpts, value ->> 17, value ->> 18), value ->> 19
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
-- Leases of other instances, which ended without giving them back; parcels whole.
WITH found AS MATERIALIZED (
    SELECT seq, parcel_id FROM deliveries WHERE status = 'in_flight' AND lease_owner <> :owner LIMIT :limit
)
SELECT seq, project_id, binding_id, charged, attempts, revision, updated_at, available_at, endpoint_id, parcel_id
FROM deliveries
WHERE seq IN (
    SELECT seq FROM found UNION
    SELECT m.seq FROM found AS f CROSS JOIN deliveries AS m INDEXED BY deliveries_of_parcel
        ON m.parcel_id = f.parcel_id AND m.parcel_id > ''
    WHERE m.status = 'in_flight' AND m.lease_owner <> :owner
);

-- name: expired_leases
-- Leases of this instance whose time is over; parcels whole.
WITH found AS MATERIALIZED (
    SELECT seq, parcel_id FROM deliveries INDEXED BY deliveries_leased
    WHERE status = 'in_flight' AND lease_until < :monotonic_ms AND lease_owner = :owner LIMIT :limit
)
SELECT seq, project_id, binding_id, charged, attempts, revision, updated_at, available_at, endpoint_id, parcel_id
FROM deliveries
WHERE seq IN (
    SELECT seq FROM found UNION
    SELECT m.seq FROM found AS f CROSS JOIN deliveries AS m INDEXED BY deliveries_of_parcel
        ON m.parcel_id = f.parcel_id AND m.parcel_id > ''
    WHERE m.status = 'in_flight' AND m.lease_owner = :owner AND m.lease_until < :monotonic_ms
);

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

-- name: release_quiet
-- What quiet hours hold back becomes due at another instant: which endpoints that touched.
UPDATE deliveries INDEXED BY deliveries_due SET available_at = :until, updated_at = :now
WHERE endpoint_id IN (SELECT endpoint_id FROM bindings WHERE is_notification) AND status IN ('pending', 'failed')
    AND in_line <> 1 AND reason = 'quiet_hours' AND available_at <> :until
RETURNING endpoint_id;

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
SELECT id, retry_schedule_s, retry_kinds, time_to_live_s, is_health_relevant, is_strict_order, batch_max, batch_wait_s,
    is_notification
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

-- name: chosen_bindings
-- The bindings that the names of a filter come to.
SELECT b.id FROM bindings AS b JOIN endpoints AS n ON n.id = b.endpoint_id
WHERE (:binding_id IS NULL OR b.id = :binding_id)
    AND (:source_id IS NULL OR b.source_id = :source_id)
    AND (:endpoint_id IS NULL OR n.id = :endpoint_id)
    AND (:target_id IS NULL OR n.target_id = :target_id);

-- name: counters_by_binding
-- How many deliveries each binding has in each stored status, and whether its endpoint or target is paused.
SELECT c.binding_id, c.status, c.count, n.is_paused OR t.is_paused
FROM delivery_counters AS c
JOIN bindings AS b ON b.id = c.binding_id
JOIN endpoints AS n ON n.id = b.endpoint_id
JOIN targets AS t ON t.id = n.target_id
WHERE c.count > 0;

-- name: deliveries_known_as
-- The deliveries that have this whole id, or whose event has it, between two positions.
SELECT seq FROM deliveries WHERE project_id = :project_id AND id = :id AND seq >= :oldest AND seq < :before
UNION
SELECT d.seq FROM events AS e JOIN deliveries AS d ON d.project_id = e.project_id AND d.event_seq = e.seq
WHERE e.project_id = :project_id AND e.id = :id AND d.seq >= :oldest AND d.seq < :before
ORDER BY 1 DESC LIMIT :scan;

-- name: deliveries_between
-- The newest deliveries between two positions.
SELECT seq FROM deliveries WHERE seq >= :oldest AND seq < :before ORDER BY seq DESC LIMIT :scan;

-- name: deliveries_in_status
-- The newest deliveries of a stored status between two positions.
SELECT seq FROM deliveries INDEXED BY deliveries_by_status
WHERE status = :status AND seq >= :oldest AND seq < :before ORDER BY seq DESC LIMIT :scan;

-- name: deliveries_under_binding
-- The newest deliveries of a binding between two positions.
SELECT seq FROM deliveries INDEXED BY deliveries_of_binding
WHERE binding_id = :binding_id AND seq >= :oldest AND seq < :before ORDER BY seq DESC LIMIT :scan;

-- name: delivery_from
-- The first delivery from a position on, and when it was made.
SELECT seq, created_at FROM deliveries WHERE seq >= :seq ORDER BY seq LIMIT 1;

-- name: match_deliveries
-- Those of some deliveries that fit a filter, in the order given.
SELECT seq FROM (
    SELECT d.seq, d.id, e.id AS event_id, d.last_code, d.status,
        e.type || char(10) || coalesce(e.subject, '') || char(10) || s.name || char(10) || t.name || char(10)
            || n.name || char(10) || coalesce(d.last_code, '') AS words
    FROM json_each(:seqs) AS c
    CROSS JOIN deliveries AS d ON d.seq = c.value
    CROSS JOIN events AS e ON e.seq = d.event_seq
    CROSS JOIN sources AS s ON s.id = e.source_id
    CROSS JOIN endpoints AS n ON n.id = d.endpoint_id
    CROSS JOIN targets AS t ON t.id = n.target_id
    WHERE (:bindings IS NULL OR d.binding_id IN (SELECT value FROM json_each(:bindings)))
        AND (:statuses IS NULL OR iif(
            d.status IN ('pending', 'failed') AND (n.is_paused OR t.is_paused), 'target_paused', d.status
        ) IN (SELECT value FROM json_each(:statuses)))
        AND (:since IS NULL OR d.created_at >= :since)
        AND (:until IS NULL OR d.created_at < :until)
        AND (:code IS NULL OR d.last_code = :code)
        AND (:type IS NULL OR e.type GLOB :type)
) WHERE :small IS NULL OR words LIKE :small ESCAPE '\' OR words LIKE :capital ESCAPE '\'
    OR id LIKE :prefix ESCAPE '\' OR event_id LIKE :prefix ESCAPE '\'
    OR last_code IS NOT NULL AND status <> 'delivered' AND EXISTS (
        SELECT 1 FROM (
            SELECT detail FROM attempts WHERE delivery_seq = seq AND kind <> 'delivered' ORDER BY number DESC LIMIT 1
        ) WHERE detail LIKE :small ESCAPE '\' OR detail LIKE :capital ESCAPE '\'
    )
LIMIT :limit;

-- name: read_deliveries
-- Some deliveries with the names around them, in the order given.
SELECT d.seq, d.id, e.id, e.type, e.subject, e.severity, s.id, s.name, t.id, t.name, n.id, n.name, d.binding_id,
    d.revision, d.generation, d.status, d.status IN ('pending', 'failed') AND (n.is_paused OR t.is_paused), d.reason,
    d.attempts, d.available_at, d.expires_at, d.created_at, d.updated_at, d.ended_at, d.last_code, d.last_status
FROM json_each(:seqs) AS c
CROSS JOIN deliveries AS d ON d.seq = c.value
CROSS JOIN events AS e ON e.seq = d.event_seq
JOIN sources AS s ON s.id = e.source_id
JOIN endpoints AS n ON n.id = d.endpoint_id
JOIN targets AS t ON t.id = n.target_id;

-- name: deliveries_of_event
-- An event's deliveries, in order, by the event's id.
SELECT d.id FROM events AS e JOIN deliveries AS d ON d.project_id = e.project_id AND d.event_seq = e.seq
WHERE e.project_id = :project_id AND e.id = :id ORDER BY d.seq;

-- name: attempts_of_delivery
-- A delivery's attempts with their bodies, in order.
SELECT a.number, a.started_at, a.duration_ms, a.kind, a.code, a.status_code, a.detail, a.is_probe, a.is_charged,
    a.revision, a.method, a.url, a.request_headers, lower(hex(a.body_hash)), coalesce(b.body, s.body), a.excerpt,
    a.retry_after_s, a.parcel_id, coalesce(p.size, 1)
FROM attempts AS a JOIN deliveries AS d ON d.seq = a.delivery_seq
LEFT JOIN bodies AS b ON b.event_seq = d.event_seq AND b.hash = a.body_hash
LEFT JOIN parcels AS p ON p.id = a.parcel_id
LEFT JOIN parcel_bodies AS s ON s.parcel_id = a.parcel_id AND s.hash = a.body_hash
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

-- name: hasten_failed
-- Let the soonest retries of an endpoint go now; their budgets stand, and so does the head of a strict order.
UPDATE deliveries SET available_at = :now, updated_at = :now
WHERE seq IN (
    SELECT seq FROM deliveries INDEXED BY deliveries_due
    WHERE endpoint_id = :endpoint_id AND status IN ('pending', 'failed') AND in_line <> 1 AND available_at > :now
        AND +status = 'failed'
    ORDER BY available_at, seq LIMIT :limit
);

-- name: next_generation
-- A new row for an ended delivery's event and binding.
INSERT INTO deliveries (
    seq, id, project_id, event_seq, binding_id, endpoint_id, revision, generation, status, available_at, expires_at,
    attempts, charged, in_line, is_maybe_sent, fence, fingerprint, supersede_key, receipt, prompt_key,
    parcel_id, created_at, updated_at
)
SELECT :new_seq, :id, project_id, event_seq, binding_id, endpoint_id, :revision, generation + 1, 'pending', :now,
    :expires_at, 0, 0, :in_line, 0, 0, fingerprint, supersede_key, receipt, prompt_key,
    (SELECT '' FROM bindings AS b WHERE b.id = deliveries.binding_id AND b.batch_max > 1), :now, :now
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
