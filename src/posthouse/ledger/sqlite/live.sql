-- name: add_live_entry
-- Write an entry into the live log and answer its number.
INSERT INTO live_log (project_id, at, type, severity, payload) VALUES (:project_id, :now, :type, :level, :payload)
RETURNING seq;

-- name: add_critical_entry
-- Keep a copy of a critical entry for as long as it is owed.
INSERT INTO live_critical (project_id, live_seq, at, type, payload)
VALUES (:project_id, :live_seq, :now, :type, :payload);

-- name: ledger_epoch
-- Who this ledger is.
SELECT epoch FROM identity WHERE id = 1;

-- name: live_extent
-- The first entry that the live log still has, and the last that it ever had; 0 where there is none.
SELECT coalesce((SELECT min(seq) FROM live_log), 0), coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'live_log'), 0);

-- name: live_entries
-- Entries of the live log after a number, in order.
SELECT seq, at, type, payload FROM live_log WHERE seq > :after AND project_id = :project_id ORDER BY seq LIMIT :limit;

-- name: newest_live_entries
-- The newest entries of some types, newest first.
SELECT seq, at, type, payload FROM live_log
WHERE project_id = :project_id AND type IN (SELECT value FROM json_each(:types)) ORDER BY seq DESC LIMIT :limit;

-- name: events_by_source
-- Of events by their positions that nothing takes: how many of each source but the daemon's own, and the newest's type.
SELECT s.id, s.project_id, s.name, count(*), e.type, max(e.seq)
FROM json_each(:seqs) AS i JOIN events AS e ON e.seq = i.value
JOIN sources AS s ON s.id = e.source_id AND s.kind <> 'posthouse'
WHERE NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.project_id = e.project_id AND d.event_seq = e.seq)
GROUP BY s.id ORDER BY s.id;

-- name: untold_events
-- Of the newest events, those without a delivery that are younger than the last entry that told of such.
SELECT e.seq FROM (SELECT seq, project_id, recorded_at FROM events ORDER BY seq DESC LIMIT :limit) AS e
WHERE e.recorded_at > (
    SELECT at FROM live_log WHERE type = 'source_update' AND payload ->> '$.action' = 'events'
    ORDER BY seq DESC LIMIT 1)
AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.project_id = e.project_id AND d.event_seq = e.seq);

-- name: live_trim_by_age
-- Up to which entry the live log is too old: what comes before the first that is not.
SELECT coalesce((SELECT min(seq) FROM live_log WHERE at >= :before), (SELECT max(seq) + 1 FROM live_log), 0) - 1;

-- name: trim_live_log
-- Remove the first entries of the live log, some at a time.
DELETE FROM live_log WHERE seq IN (SELECT seq FROM live_log WHERE seq <= :upto ORDER BY seq LIMIT :limit);

-- name: lane_counts
-- How many deliveries of an endpoint there are by status, from the counters.
SELECT c.status, sum(c.count) FROM bindings AS b
JOIN delivery_counters AS c ON c.project_id = b.project_id AND c.binding_id = b.id
WHERE b.endpoint_id = :endpoint_id AND c.count > 0 GROUP BY c.status;

-- name: lane_facts
-- An endpoint's target, whether either of them is paused, and their names.
SELECT e.target_id, e.is_paused OR t.is_paused, t.project_id, t.name, e.name
FROM endpoints AS e JOIN targets AS t ON t.id = e.target_id WHERE e.id = :endpoint_id;

-- name: newest_of_lane
-- The newest deliveries of an endpoint, newest first: the newest of each of its bindings, and the newest of those.
SELECT d.id, d.status, e.type, d.attempts, d.updated_at
FROM bindings AS b CROSS JOIN deliveries AS d INDEXED BY deliveries_of_binding
    ON d.binding_id = b.id AND d.seq > coalesce((
        SELECT n.seq FROM deliveries AS n INDEXED BY deliveries_of_binding
        WHERE n.binding_id = b.id ORDER BY n.seq DESC LIMIT 1 OFFSET :limit
    ), 0)
CROSS JOIN events AS e ON e.seq = d.event_seq
WHERE b.endpoint_id = :endpoint_id ORDER BY d.seq DESC LIMIT :limit;

-- name: lanes_of_project
-- Every endpoint that something was ever bound to, of targets that are still listed.
SELECT DISTINCT b.endpoint_id FROM bindings AS b
JOIN endpoints AS e ON e.id = b.endpoint_id JOIN targets AS t ON t.id = e.target_id
WHERE b.project_id = :project_id AND (t.removed_at IS NULL OR EXISTS (
    SELECT 1 FROM bindings AS c JOIN endpoints AS f ON f.id = c.endpoint_id
    WHERE f.target_id = t.id AND c.state = 'closing'))
ORDER BY b.endpoint_id;

-- name: names_of_binding
-- The source of a binding.
SELECT s.id, s.name, b.project_id FROM bindings AS b JOIN sources AS s ON s.id = b.source_id WHERE b.id = :binding_id;

-- name: live_client
-- Up to where nothing is owed to a client.
SELECT floor FROM live_clients WHERE project_id = :project_id AND client = :client;

-- name: count_live_clients
-- How many clients are registered.
SELECT count(*) FROM live_clients WHERE project_id = :project_id;

-- name: register_live_client
-- Register a client, to which what is younger than :since is owed; one that is known was seen.
INSERT INTO live_clients (project_id, client, floor, registered_at, seen_at)
VALUES (:project_id, :client, coalesce(
    (SELECT min(number) - 1 FROM live_critical WHERE project_id = :project_id AND at >= :since),
    (SELECT seq FROM sqlite_sequence WHERE name = 'live_critical'), 0), :now, :now)
ON CONFLICT (project_id, client) DO UPDATE SET seen_at = max(seen_at, excluded.seen_at);

-- name: count_owed
-- How many critical entries are owed behind a floor, those that are gone counted too; and the last one's number.
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'live_critical'), 0) - :floor
    - (SELECT count(*) FROM live_acks WHERE project_id = :project_id AND client = :client AND number > :floor),
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'live_critical'), 0);

-- name: owed_entries
-- The critical entries that are owed to a client, in order.
SELECT c.number, c.live_seq, c.at, c.type, c.payload FROM live_critical AS c
WHERE c.project_id = :project_id AND c.number > :floor AND NOT EXISTS (
    SELECT 1 FROM live_acks AS a
    WHERE a.project_id = c.project_id AND a.client = :client AND a.number = c.number)
ORDER BY c.number LIMIT :limit;

-- name: acknowledge
-- Note that a client has seen critical entries, by their numbers in the live log.
INSERT INTO live_acks (project_id, client, number)
SELECT :project_id, :client, c.number FROM json_each(:live_seqs) AS i
JOIN live_critical AS c ON c.live_seq = i.value AND c.project_id = :project_id AND c.number > :floor
WHERE true ON CONFLICT DO NOTHING;

-- name: first_unacknowledged
-- The first number behind a floor that a client has not acknowledged.
SELECT min(n) FROM (
    SELECT :floor + 1 AS n
    UNION ALL SELECT number + 1 FROM live_acks WHERE project_id = :project_id AND client = :client AND number > :floor
) AS m WHERE NOT EXISTS (
    SELECT 1 FROM live_acks AS a WHERE a.project_id = :project_id AND a.client = :client AND a.number = m.n);

-- name: raise_floor
-- Nothing up to this number is owed to a client any more.
UPDATE live_clients SET floor = max(floor, :floor) WHERE project_id = :project_id AND client = :client;

-- name: forget_acks
-- Drop the acknowledgements that a client's floor says already.
DELETE FROM live_acks WHERE project_id = :project_id AND client = :client AND number <= :floor;

-- name: forget_live_clients
-- Forget clients that were not seen since an instant.
DELETE FROM live_clients WHERE seen_at < :before;

-- name: trim_critical
-- Remove critical entries that are owed to nobody and to no new client, and the oldest of too many.
DELETE FROM live_critical WHERE number <= max(
    min(coalesce((SELECT min(number) - 1 FROM live_critical WHERE at >= :young), (SELECT max(number) FROM live_critical), 0),
        coalesce((SELECT min(floor) FROM live_clients), 9223372036854775807)),
    coalesce((SELECT max(number) FROM live_critical), 0) - :most);
