-- What the live stream stands on: who this ledger is, and which critical entries are owed to whom.

-- The epoch of every cursor: a ledger that was put in another's place has another one.
CREATE TABLE identity (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT    NOT NULL
) STRICT;
INSERT INTO identity (id, epoch) VALUES (1, lower(hex(randomblob(8))));

-- Copies of the log's critical entries, which outlive it; numbered without a gap.
CREATE TABLE live_critical (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL,
    live_seq   INTEGER NOT NULL UNIQUE,
    at         INTEGER NOT NULL,
    type       TEXT    NOT NULL,
    payload    TEXT    NOT NULL
) STRICT;

-- Everything critical above `floor` is owed to the client, but for what `live_acks` holds.
CREATE TABLE live_clients (
    project_id    INTEGER NOT NULL,
    client        TEXT    NOT NULL,
    floor         INTEGER NOT NULL,
    registered_at INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL,
    PRIMARY KEY (project_id, client)
) STRICT, WITHOUT ROWID;

CREATE TABLE live_acks (
    project_id INTEGER NOT NULL,
    client     TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    PRIMARY KEY (project_id, client, number),
    FOREIGN KEY (project_id, client) REFERENCES live_clients (project_id, client) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
