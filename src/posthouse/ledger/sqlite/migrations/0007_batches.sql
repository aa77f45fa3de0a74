-- Batches: deliveries of one binding that go out in one request, as one parcel.

-- A request leaves when `batch_max` deliveries wait, or the oldest has waited `batch_wait_s`. 1 sends each by itself.
ALTER TABLE bindings ADD COLUMN batch_max INTEGER NOT NULL DEFAULT 1;
ALTER TABLE bindings ADD COLUMN batch_wait_s REAL NOT NULL DEFAULT 0;

-- `parcel_id` of a delivery: NULL, it goes by itself, under its own id; '', it waits for others to go with; else its
-- parcel, which goes only while all its `size` deliveries wait, so that what an id stands for never changes.
ALTER TABLE parcels ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
CREATE INDEX deliveries_open ON deliveries (binding_id, available_at, seq)
    WHERE parcel_id = '' AND status IN ('pending', 'failed');
CREATE INDEX deliveries_of_parcel ON deliveries (parcel_id, seq) WHERE parcel_id > '';

-- The parcel that an attempt was a part of. Its request's body is stored once, and goes with the last such attempt.
ALTER TABLE attempts ADD COLUMN parcel_id TEXT;
CREATE INDEX attempts_of_parcel ON attempts (parcel_id) WHERE parcel_id IS NOT NULL;
CREATE TABLE parcel_bodies (
    id        INTEGER PRIMARY KEY,
    parcel_id TEXT NOT NULL REFERENCES parcels (id) ON DELETE CASCADE,
    hash      BLOB NOT NULL,
    body      BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX bodies_of_parcel ON parcel_bodies (parcel_id, hash);
