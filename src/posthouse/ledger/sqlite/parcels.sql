-- name: next_due_deliveries
-- The due deliveries of an endpoint, in order, each with what decides what goes with it.
SELECT seq, binding_id, revision, parcel_id, in_line FROM deliveries INDEXED BY deliveries_due
WHERE endpoint_id = :endpoint_id AND status IN ('pending', 'failed') AND in_line <> 1
    AND available_at <= :now AND (expires_at IS NULL OR expires_at > :now)
ORDER BY available_at, seq LIMIT :limit;

-- name: delivery_seed
-- One delivery with what decides what goes with it.
SELECT seq, binding_id, revision, parcel_id, in_line FROM deliveries WHERE seq = :seq;

-- name: waiting_members
-- Which deliveries of a parcel wait, with their revisions.
SELECT seq, revision FROM deliveries INDEXED BY deliveries_of_parcel
WHERE parcel_id = :parcel_id AND parcel_id > '' AND status IN ('pending', 'failed')
    AND (expires_at IS NULL OR expires_at > :now)
ORDER BY seq;

-- name: parcel_size
-- How many deliveries a parcel was made of.
SELECT size FROM parcels WHERE id = :parcel_id;

-- name: open_deliveries
-- What of a binding waits for others to go with, the first due first, with the size of its event's data.
SELECT d.seq, length(CAST(e.data AS BLOB)) FROM deliveries AS d INDEXED BY deliveries_open
CROSS JOIN events AS e ON e.seq = d.event_seq
WHERE d.binding_id = :binding_id AND d.parcel_id = '' AND d.status IN ('pending', 'failed')
    AND d.revision = :revision AND (d.expires_at IS NULL OR d.expires_at > :now)
ORDER BY d.available_at, d.seq LIMIT :limit;

-- name: next_in_line
-- What stands in a strict line behind a position, with the size of its event's data, and whether it may join.
SELECT d.seq, length(CAST(e.data AS BLOB)),
    d.parcel_id = '' AND d.status IN ('pending', 'failed') AND d.revision = :revision
FROM deliveries AS d INDEXED BY deliveries_in_line CROSS JOIN events AS e ON e.seq = d.event_seq
WHERE d.binding_id = :binding_id AND d.in_line = 1 AND d.in_line > 0 AND d.seq > :seq
    AND d.status IN ('pending', 'failed', 'in_flight') AND (d.expires_at IS NULL OR d.expires_at > :now)
ORDER BY d.seq LIMIT :limit;

-- name: batch_max
-- How many deliveries of a binding may share a request; of one that notifies, how many one message may tell of.
SELECT iif(is_notification, max(batch_max, 100), batch_max) FROM bindings WHERE id = :binding_id;

-- name: add_parcel
-- Note a parcel of so many deliveries.
INSERT INTO parcels (id, project_id, endpoint_id, created_at, size)
SELECT :id, project_id, endpoint_id, :now, :size FROM deliveries WHERE seq = :seq;

-- name: mark_parcel
-- Lease deliveries that go together, or one by itself (:parcel_id NULL), under a new fence.
UPDATE deliveries
SET status = 'in_flight', fence = fence + 1, attempts = attempts + 1, lease_owner = :owner, lease_until = :until,
    updated_at = :now, parcel_id = :parcel_id
WHERE seq IN (SELECT value FROM json_each(:seqs));

-- name: part
-- Let deliveries go by themselves from now on.
UPDATE deliveries SET parcel_id = NULL WHERE seq IN (SELECT value FROM json_each(:seqs));

-- name: let_full_go
-- Let the next :size open deliveries of a binding that are not due go now, if there are so many.
WITH full AS MATERIALIZED (
    SELECT seq FROM deliveries INDEXED BY deliveries_open
    WHERE binding_id = :binding_id AND parcel_id = '' AND status IN ('pending', 'failed') AND available_at > :now
    ORDER BY available_at, seq LIMIT :size
)
UPDATE deliveries SET available_at = :now
WHERE seq IN (SELECT seq FROM full) AND (SELECT count(*) FROM full) = :size;

-- name: gather
-- Let what was never sent of a binding wait for others (:parcel_id '') or go by itself (NULL); what waited goes now.
-- What its filter failed for always goes by itself.
UPDATE deliveries INDEXED BY deliveries_by_status
SET available_at = iif(parcel_id = '', min(available_at, :now), available_at), parcel_id = :parcel_id
WHERE binding_id = :binding_id AND status = 'pending' AND attempts = 0 AND coalesce(parcel_id, '') = ''
    AND reason IS NOT 'filter';

-- name: insert_parcel_bodies
-- Store request bodies of parcels that are not there yet: slices [offset from 1, length] of :bodies.
INSERT OR IGNORE INTO parcel_bodies (parcel_id, hash, body)
SELECT value ->> 0, unhex(value ->> 1), substr(:bodies, value ->> 2, value ->> 3) FROM json_each(:rows);

-- name: has_parcels
-- Whether anything was ever sent together.
SELECT EXISTS (SELECT 1 FROM parcels);

-- name: parcels_of_events
-- The parcels that some events' deliveries are or were a part of, as one JSON text.
SELECT json_group_array(DISTINCT parcel_id) FROM (
    SELECT d.parcel_id FROM json_each(:seqs) AS s CROSS JOIN events AS e ON e.seq = s.value
    CROSS JOIN deliveries AS d INDEXED BY deliveries_of_event ON d.project_id = e.project_id AND d.event_seq = e.seq
    WHERE d.parcel_id > ''
    UNION ALL
    SELECT a.parcel_id FROM json_each(:seqs) AS s CROSS JOIN events AS e ON e.seq = s.value
    CROSS JOIN deliveries AS d INDEXED BY deliveries_of_event ON d.project_id = e.project_id AND d.event_seq = e.seq
    CROSS JOIN attempts AS a ON a.delivery_seq = d.seq WHERE a.parcel_id IS NOT NULL
);

-- name: remove_parcels
-- Remove those of some parcels that no delivery and no attempt belongs to any more, with their bodies.
DELETE FROM parcels WHERE id IN (SELECT value FROM json_each(:ids))
    AND NOT EXISTS (SELECT 1 FROM attempts AS a WHERE a.parcel_id = parcels.id)
    AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.parcel_id = parcels.id AND d.parcel_id > '');

-- name: data_size
-- How many bytes of data the event of a delivery has.
SELECT length(CAST(e.data AS BLOB)) FROM deliveries AS d JOIN events AS e ON e.seq = d.event_seq WHERE d.seq = :seq;
