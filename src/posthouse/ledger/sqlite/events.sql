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
    created_at, updated_at, reason, parcel_id
)
SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8,
    value ->> 9, value ->> 10, value ->> 11, 0, value ->> 12, 0, value ->> 13, value ->> 14, value ->> 15, value ->> 16,
    value ->> 17, value ->> 18, value ->> 18, value ->> 19, value ->> 20
FROM json_each(:rows);

-- name: note_notices
-- What notifications are born with beside what all deliveries are: rows [seq, when it ended, prompt].
UPDATE deliveries SET ended_at = value ->> 1, prompt_key = value ->> 2
FROM json_each(:rows) WHERE deliveries.seq = value ->> 0;

-- name: deliveries_of_prompts
-- What bindings have told of prompts [binding, prompt], oldest first.
SELECT d.binding_id, d.prompt_key, d.seq, d.status, d.created_at, d.is_maybe_sent, d.parcel_id > ''
FROM json_each(:keys) AS k CROSS JOIN deliveries AS d INDEXED BY deliveries_of_prompt
    ON d.binding_id = k.value ->> 0 AND d.prompt_key = k.value ->> 1
WHERE d.prompt_key IS NOT NULL ORDER BY d.seq;

-- name: withdraw
-- End what waits to tell of a prompt that nobody needs to be told of any more; answers its bindings.
UPDATE deliveries SET status = 'withheld', reason = 'resolved', ended_at = :now, updated_at = :now
WHERE seq IN (SELECT value FROM json_each(:seqs)) AND +status IN ('pending', 'failed') RETURNING binding_id;

-- name: let_no_other_try_follow
-- Let what is being sent expire if this try fails.
UPDATE deliveries SET expires_at = :now
WHERE seq IN (SELECT value FROM json_each(:seqs)) AND +status = 'in_flight';

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

-- name: let_superseded_end
-- Let what is being sent and is replaced by a newer one of its key expire if this try fails: rows [binding, key, seq].
UPDATE deliveries SET expires_at = :now
WHERE seq IN (
    SELECT d.seq FROM deliveries AS d INDEXED BY deliveries_leased
    WHERE d.status = 'in_flight' AND d.lease_until > 0 AND d.supersede_key IS NOT NULL AND EXISTS (
        SELECT 1 FROM json_each(:newer) AS n
        WHERE d.binding_id = n.value ->> 0 AND d.supersede_key = n.value ->> 1 AND d.seq < n.value ->> 2
    )
);

-- name: newest_fingerprint
-- The fingerprint of a binding's newest delivery that was not given up.
SELECT fingerprint FROM deliveries
WHERE binding_id = :binding_id AND status NOT IN ('dlq', 'dismissed', 'expired') ORDER BY seq DESC LIMIT 1;

-- name: get_event
-- One event by its id.
SELECT seq, id, project_id, source_id, machine, type, at, recorded_at, severity, origin, subject, data, key, expires_at,
    supersede_key, correlation_key, audience, hops
FROM events WHERE project_id = :project_id AND id = :id;

-- name: events_behind
-- Events of a source behind a position that are of agents, oldest first.
SELECT seq, id, project_id, source_id, machine, type, at, recorded_at, severity, origin, subject, data, key, expires_at,
    supersede_key, correlation_key, audience, hops
FROM events INDEXED BY events_followed
WHERE source_id = :source_id AND seq > :after AND type GLOB 'agent.*' AND project_id = :project_id
ORDER BY seq LIMIT :limit;

-- name: events_known_as
-- The event that has this whole id, if it lies between two positions.
SELECT seq FROM events
WHERE project_id = :project_id AND id = :id AND seq >= :oldest AND seq < :before LIMIT :scan;

-- name: events_between
-- The newest events between two positions.
SELECT seq FROM events WHERE seq >= :oldest AND seq < :before ORDER BY seq DESC LIMIT :scan;

-- name: event_from
-- The first event from a position on, and when it was written down.
SELECT seq, recorded_at FROM events WHERE seq >= :seq ORDER BY seq LIMIT 1;

-- name: match_events
-- Those of some events that fit a filter, in the order given.
SELECT seq FROM (
    SELECT e.seq, e.id,
        e.type || char(10) || coalesce(e.subject, '') || char(10) || s.name || char(10) || e.origin || char(10)
            || coalesce(e.key, '') AS words
    FROM json_each(:seqs) AS c
    CROSS JOIN events AS e ON e.seq = c.value
    CROSS JOIN sources AS s ON s.id = e.source_id
    WHERE (:source_id IS NULL OR e.source_id = :source_id)
        AND (:type IS NULL OR e.type GLOB :type)
        AND (:origin IS NULL OR e.origin = :origin)
        AND (:since IS NULL OR e.recorded_at >= :since)
        AND (:until IS NULL OR e.recorded_at < :until)
) WHERE :small IS NULL OR words LIKE :small ESCAPE '\' OR words LIKE :capital ESCAPE '\'
    OR id LIKE :prefix ESCAPE '\'
LIMIT :limit;

-- name: read_events
-- Some events without their data, in the order given.
SELECT e.seq, e.id, e.project_id, e.source_id, s.name, e.origin, e.machine, e.type, e.at, e.recorded_at, e.severity,
    e.subject, length(CAST(e.data AS BLOB)), (SELECT count(*) FROM deliveries AS d WHERE d.project_id = e.project_id AND d.event_seq = e.seq)
FROM json_each(:seqs) AS c
CROSS JOIN events AS e ON e.seq = c.value
JOIN sources AS s ON s.id = e.source_id;
