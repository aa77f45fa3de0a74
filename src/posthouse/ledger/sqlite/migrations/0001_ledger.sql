-- The whole ledger of version 1. Instants are Unix milliseconds; JSON is TEXT; booleans are 0 or 1.

CREATE TABLE projects (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO projects (id, name, created_at) VALUES (1, 'default', 0);

-- Each start of a daemon; one without `stopped_at` that is not the running one ended uncleanly.
CREATE TABLE instances (
    id         TEXT    PRIMARY KEY,
    machine    TEXT    NOT NULL,
    pid        INTEGER NOT NULL,
    version    TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    stopped_at INTEGER,
    is_told    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    key        TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    name         TEXT    NOT NULL,
    scope        TEXT    NOT NULL,
    hash         BLOB    NOT NULL,
    prefix       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    UNIQUE (project_id, name),
    UNIQUE (project_id, hash)
) STRICT;

CREATE TABLE sources (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    settings   TEXT    NOT NULL,
    properties TEXT    NOT NULL,
    is_enabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (project_id, name)
) STRICT;

CREATE TABLE source_state (
    project_id INTEGER NOT NULL,
    source_id  INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    machine    TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    value      BLOB    NOT NULL,
    PRIMARY KEY (project_id, source_id, machine, key)
) STRICT, WITHOUT ROWID;

-- `health` is the typed record as JSON; `is_paused` repeats the one fact that queries need.
CREATE TABLE targets (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    settings   TEXT    NOT NULL,
    health     TEXT    NOT NULL DEFAULT '{}',
    is_paused  INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX targets_name ON targets (project_id, name) WHERE removed_at IS NULL;

CREATE TABLE endpoints (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id  INTEGER NOT NULL REFERENCES projects (id),
    target_id   INTEGER NOT NULL REFERENCES targets (id),
    name        TEXT    NOT NULL,
    settings    TEXT    NOT NULL,
    concurrency INTEGER,
    pace_s      REAL,
    health      TEXT    NOT NULL DEFAULT '{}',
    is_paused   INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    UNIQUE (project_id, target_id, name)
) STRICT;

-- state: active, closing (takes no new events, delivers what waits, then is removed), removed.
CREATE TABLE bindings (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id         INTEGER NOT NULL REFERENCES projects (id),
    source_id          INTEGER NOT NULL REFERENCES sources (id),
    endpoint_id        INTEGER NOT NULL REFERENCES endpoints (id),
    mode               TEXT    NOT NULL,
    filter             TEXT    NOT NULL,
    retry_schedule_s   TEXT    NOT NULL,
    retry_kinds        TEXT    NOT NULL,
    time_to_live_s     REAL,
    is_health_relevant INTEGER NOT NULL,
    is_strict_order    INTEGER NOT NULL,
    state              TEXT    NOT NULL DEFAULT 'active',
    revision           INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX bindings_of_source ON bindings (source_id) WHERE state = 'active';
CREATE INDEX bindings_of_endpoint ON bindings (endpoint_id);

CREATE TABLE binding_revisions (
    project_id INTEGER NOT NULL,
    binding_id INTEGER NOT NULL REFERENCES bindings (id) ON DELETE CASCADE,
    revision   INTEGER NOT NULL,
    shape      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, binding_id, revision)
) STRICT, WITHOUT ROWID;

-- The number of the present routing: it rises with every change to bindings and sources, so that an insert can tell that
-- its plan is out of date.
CREATE TABLE numbers (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO numbers (name, value) VALUES ('routing', 1);
CREATE TRIGGER sources_reroute_1 AFTER INSERT ON sources BEGIN
    UPDATE numbers SET value = value + 1 WHERE name = 'routing'; END;
CREATE TRIGGER sources_reroute_2 AFTER UPDATE ON sources BEGIN
    UPDATE numbers SET value = value + 1 WHERE name = 'routing'; END;
CREATE TRIGGER sources_reroute_3 AFTER DELETE ON sources BEGIN
    UPDATE numbers SET value = value + 1 WHERE name = 'routing'; END;
CREATE TRIGGER bindings_reroute_1 AFTER INSERT ON bindings BEGIN
    UPDATE numbers SET value = value + 1 WHERE name = 'routing'; END;
CREATE TRIGGER bindings_reroute_2 AFTER UPDATE ON bindings BEGIN
    UPDATE numbers SET value = value + 1 WHERE name = 'routing'; END;

CREATE TABLE events (
    seq             INTEGER PRIMARY KEY,
    id              TEXT    NOT NULL,
    project_id      INTEGER NOT NULL,
    source_id       INTEGER NOT NULL,
    origin          TEXT    NOT NULL,
    machine         TEXT    NOT NULL,
    type            TEXT    NOT NULL,
    at              INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    severity        TEXT    NOT NULL,
    subject         TEXT,
    key             TEXT,
    expires_at      INTEGER,
    supersede_key   TEXT,
    correlation_key TEXT,
    audience        TEXT,
    hops            INTEGER NOT NULL,
    data            TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_id ON events (project_id, id);

-- The first body under a key wins, for as long as its event is kept.
CREATE TABLE idempotency_keys (
    project_id INTEGER NOT NULL,
    source_id  INTEGER NOT NULL,
    origin     TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    event_seq  INTEGER NOT NULL,
    PRIMARY KEY (project_id, source_id, origin, key)
) STRICT, WITHOUT ROWID;

-- `attempts` counts tries over the row's life, `charged` those that its present budget has paid. `in_line`: 0 in no
-- line, 1 kept behind the head of a strict order, 2 that head. `lease_until` is milliseconds on the monotonic clock of
-- instance `lease_owner`.
CREATE TABLE deliveries (
    seq           INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL,
    project_id    INTEGER NOT NULL,
    event_seq     INTEGER NOT NULL,
    binding_id    INTEGER NOT NULL,
    endpoint_id   INTEGER NOT NULL,
    revision      INTEGER NOT NULL,
    generation    INTEGER NOT NULL,
    status        TEXT    NOT NULL,
    reason        TEXT,
    available_at  INTEGER NOT NULL,
    expires_at    INTEGER,
    attempts      INTEGER NOT NULL,
    charged       INTEGER NOT NULL,
    in_line       INTEGER NOT NULL,
    is_maybe_sent INTEGER NOT NULL,
    fence         INTEGER NOT NULL,
    lease_owner   TEXT,
    lease_until   INTEGER,
    parcel_id     TEXT,
    fingerprint   TEXT,
    supersede_key TEXT,
    receipt       TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    last_code     TEXT,
    last_status   INTEGER
) STRICT;
CREATE UNIQUE INDEX deliveries_id ON deliveries (project_id, id);
CREATE UNIQUE INDEX deliveries_of_event ON deliveries (project_id, event_seq, binding_id, generation);
CREATE INDEX deliveries_of_binding ON deliveries (binding_id, seq);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, available_at, seq)
    WHERE status IN ('pending', 'failed') AND in_line <> 1;
CREATE INDEX deliveries_in_line ON deliveries (binding_id, in_line, seq)
    WHERE status IN ('pending', 'failed', 'in_flight') AND in_line > 0;
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE status = 'in_flight';
CREATE INDEX deliveries_expiring ON deliveries (expires_at)
    WHERE status IN ('pending', 'failed') AND expires_at IS NOT NULL;
CREATE INDEX deliveries_superseding ON deliveries (binding_id, supersede_key)
    WHERE status IN ('pending', 'failed') AND supersede_key IS NOT NULL;
CREATE INDEX deliveries_by_status ON deliveries (status, seq);

-- What one request carried when it carried more than one delivery; a lone delivery's parcel is its own id.
CREATE TABLE parcels (
    id          TEXT    PRIMARY KEY,
    project_id  INTEGER NOT NULL,
    endpoint_id INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Request bodies, stored once per event and hash (SHA-256): in the order of their events, since an index over
-- random hashes alone would cost more than the bodies.
CREATE TABLE bodies (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    event_seq  INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    body       BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX bodies_of_event ON bodies (event_seq, hash);

CREATE TABLE attempts (
    project_id      INTEGER NOT NULL,
    delivery_seq    INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    started_at      INTEGER NOT NULL,
    duration_ms     INTEGER NOT NULL,
    kind            TEXT    NOT NULL,
    code            TEXT    NOT NULL,
    status_code     INTEGER,
    detail          TEXT    NOT NULL,
    is_probe        INTEGER NOT NULL,
    is_charged      INTEGER NOT NULL,
    revision        INTEGER NOT NULL,
    method          TEXT,
    url             TEXT,
    request_headers TEXT,
    body_hash       BLOB,
    excerpt         BLOB,
    retry_after_s   REAL,
    PRIMARY KEY (delivery_seq, number)
) STRICT, WITHOUT ROWID;

-- What the dashboard's stream carries, and, later, resumes from.
CREATE TABLE live_log (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    type       TEXT    NOT NULL,
    severity   TEXT    NOT NULL,
    payload    TEXT    NOT NULL
) STRICT;

-- Counted as rows change, by the triggers below, so that no screen ever counts rows.
CREATE TABLE delivery_counters (
    project_id INTEGER NOT NULL,
    binding_id INTEGER NOT NULL,
    status     TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (project_id, binding_id, status)
) STRICT, WITHOUT ROWID;
CREATE TABLE event_counters (
    project_id INTEGER NOT NULL,
    source_id  INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (project_id, source_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER count_new_delivery AFTER INSERT ON deliveries BEGIN
    INSERT INTO delivery_counters (project_id, binding_id, status, count)
    VALUES (new.project_id, new.binding_id, new.status, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER count_moved_delivery AFTER UPDATE OF status ON deliveries WHEN old.status <> new.status BEGIN
    UPDATE delivery_counters SET count = count - 1
    WHERE project_id = old.project_id AND binding_id = old.binding_id AND status = old.status;
    INSERT INTO delivery_counters (project_id, binding_id, status, count)
    VALUES (new.project_id, new.binding_id, new.status, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER count_gone_delivery AFTER DELETE ON deliveries BEGIN
    UPDATE delivery_counters SET count = count - 1
    WHERE project_id = old.project_id AND binding_id = old.binding_id AND status = old.status;
END;
CREATE TRIGGER count_new_event AFTER INSERT ON events BEGIN
    INSERT INTO event_counters (project_id, source_id, count, last_at)
    VALUES (new.project_id, new.source_id, 1, new.recorded_at)
    ON CONFLICT DO UPDATE SET count = count + 1, last_at = max(last_at, new.recorded_at);
END;
CREATE TRIGGER count_gone_event AFTER DELETE ON events BEGIN
    UPDATE event_counters SET count = count - 1 WHERE project_id = old.project_id AND source_id = old.source_id;
END;
