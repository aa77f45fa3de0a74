-- What grows on the clock: schedules of bindings, the gaps they leave, and what is expected to be heard of.

-- The whole schedule as JSON; `mode` repeats the one fact that queries need.
ALTER TABLE bindings ADD COLUMN schedule TEXT NOT NULL DEFAULT '{}';
ALTER TABLE sources ADD COLUMN removed_at INTEGER;

-- How far the schedule of each binding that goes by the clock has been dealt with. It has a table of its own because a
-- run changes no routing.
CREATE TABLE runs (
    binding_id INTEGER PRIMARY KEY REFERENCES bindings (id) ON DELETE CASCADE,
    project_id INTEGER NOT NULL,
    settled_at INTEGER NOT NULL,
    period     TEXT    NOT NULL,
    ran_at     INTEGER,
    result     TEXT,
    detail     TEXT    NOT NULL DEFAULT ''
) STRICT;

-- Consecutive runs without a delivery, for one and the same reason, are one row.
CREATE TABLE gaps (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id  INTEGER NOT NULL,
    binding_id  INTEGER NOT NULL REFERENCES bindings (id) ON DELETE CASCADE,
    reason      TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    is_at_least INTEGER NOT NULL,
    noted_at    INTEGER NOT NULL,
    ran_at      INTEGER
) STRICT;
CREATE INDEX gaps_of_binding ON gaps (binding_id, seq);
CREATE INDEX gaps_noted ON gaps (noted_at);

-- subject: source or binding. `told_at` stands while a silence lasts that has been told of, with when it began.
CREATE TABLE expectations (
    project_id   INTEGER NOT NULL,
    subject      TEXT    NOT NULL,
    subject_id   INTEGER NOT NULL,
    silence_s    REAL    NOT NULL,
    set_at       INTEGER NOT NULL,
    told_at      INTEGER,
    silent_since INTEGER,
    PRIMARY KEY (project_id, subject, subject_id)
) STRICT, WITHOUT ROWID;
