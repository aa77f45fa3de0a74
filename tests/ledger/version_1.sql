BEGIN TRANSACTION;
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
INSERT INTO "attempts" VALUES(1,2,1,1767225606001,3,'delivered','http_200',200,'',0,1,1,'POST','http://127.0.0.1/','[]',X'7B7D000000000000000000000000000000000000000000000000000000000000',NULL,NULL);
INSERT INTO "attempts" VALUES(1,3,1,1767225606009,3,'delivered','http_200',200,'',0,1,1,'POST','http://127.0.0.1/','[]',X'7B7D000000000000000000000000000000000000000000000000000000000000',NULL,NULL);
INSERT INTO "attempts" VALUES(1,4,1,1767225606011,3,'delivered','http_200',200,'',0,1,1,'POST','http://127.0.0.1/','[]',X'7B7D000000000000000000000000000000000000000000000000000000000000',NULL,NULL);
INSERT INTO "attempts" VALUES(1,6,1,1767225606003,3,'delivered','http_200',200,'',0,1,1,'POST','http://127.0.0.1/','[]',X'7B7D000000000000000000000000000000000000000000000000000000000000',NULL,NULL);
INSERT INTO "attempts" VALUES(1,10,1,1767225606005,3,'transient','http_503',503,'',0,1,1,'POST','http://127.0.0.1/','[]',X'7B7D000000000000000000000000000000000000000000000000000000000000',NULL,NULL);
INSERT INTO "attempts" VALUES(1,14,1,1767225606007,3,'rejected','http_400',400,'',0,1,1,'POST','http://127.0.0.1/','[]',X'7B7D000000000000000000000000000000000000000000000000000000000000',NULL,NULL);
CREATE TABLE binding_revisions (
    project_id INTEGER NOT NULL,
    binding_id INTEGER NOT NULL REFERENCES bindings (id) ON DELETE CASCADE,
    revision   INTEGER NOT NULL,
    shape      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, binding_id, revision)
) STRICT, WITHOUT ROWID;
INSERT INTO "binding_revisions" VALUES(1,1,1,'{}',1767225600000);
INSERT INTO "binding_revisions" VALUES(1,2,1,'{}',1767225600000);
INSERT INTO "binding_revisions" VALUES(1,2,2,'{"format":"raw","headers":{"X-Lane":"7"}}',1767225606012);
INSERT INTO "binding_revisions" VALUES(1,3,1,'{}',1767225600000);
INSERT INTO "binding_revisions" VALUES(1,4,1,'{}',1767225600000);
INSERT INTO "binding_revisions" VALUES(1,5,1,'{}',1767225600000);
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
INSERT INTO "bindings" VALUES(1,1,2,1,'on_change','{}','[5,300,1800,7200,18000,36000,50400,72000,86400]','["transient","rate_limited"]',NULL,1,0,'active',1,1767225600000,1767225600000);
INSERT INTO "bindings" VALUES(2,1,2,2,'on_change','{}','[5.0,300.0,1800.0,7200.0,18000.0,36000.0,50400.0,72000.0,86400.0]','["transient","rate_limited"]',3600.0,1,1,'active',2,1767225600000,1767225606012);
INSERT INTO "bindings" VALUES(3,1,2,3,'on_change','{}','[5,300,1800,7200,18000,36000,50400,72000,86400]','["transient","rate_limited"]',NULL,1,0,'closing',1,1767225600000,1767225606012);
INSERT INTO "bindings" VALUES(4,1,1,4,'on_change','{}','[5,300,1800,7200,18000,36000,50400,72000,86400]','["transient","rate_limited"]',NULL,1,0,'active',1,1767225600000,1767225600000);
INSERT INTO "bindings" VALUES(5,1,3,1,'on_change','{"types":["target.*"]}','[5,300,1800,7200,18000,36000,50400,72000,86400]','["transient","rate_limited"]',NULL,1,0,'active',1,1767225600000,1767225600000);
CREATE TABLE bodies (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    event_seq  INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    body       BLOB    NOT NULL
) STRICT;
INSERT INTO "bodies" VALUES(1,1,1,X'7B7D000000000000000000000000000000000000000000000000000000000000',X'7B7D');
INSERT INTO "bodies" VALUES(2,1,5,X'7B7D000000000000000000000000000000000000000000000000000000000000',X'7B7D');
INSERT INTO "bodies" VALUES(3,1,9,X'7B7D000000000000000000000000000000000000000000000000000000000000',X'7B7D');
INSERT INTO "bodies" VALUES(4,1,13,X'7B7D000000000000000000000000000000000000000000000000000000000000',X'7B7D');
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
INSERT INTO "deliveries" VALUES(2,'019b76da-abe8-7000-8002-000000000000',1,1,1,1,1,1,'delivered',NULL,1767225601000,NULL,1,1,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,1767225601000,1767225606002,1767225606002,'http_200',200);
INSERT INTO "deliveries" VALUES(3,'019b76da-abe8-7000-8003-000000000000',1,1,2,2,1,1,'delivered',NULL,1767225601000,1767229201000,1,1,2,0,1,NULL,NULL,NULL,NULL,NULL,NULL,1767225601000,1767225606010,1767225606010,'http_200',200);
INSERT INTO "deliveries" VALUES(4,'019b76da-abe8-7000-8004-000000000000',1,1,3,3,1,1,'delivered',NULL,1767225601000,NULL,1,1,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,1767225601000,1767225606012,1767225606012,'http_200',200);
INSERT INTO "deliveries" VALUES(6,'019b76da-afd0-7000-8006-000000000000',1,5,1,1,1,1,'delivered',NULL,1767225602000,NULL,1,1,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,1767225602000,1767225606004,1767225606004,'http_200',200);
INSERT INTO "deliveries" VALUES(7,'019b76da-afd0-7000-8007-000000000000',1,5,2,2,1,1,'in_flight',NULL,1767225602000,1767229202000,1,0,2,0,1,'this-instance',1066012,NULL,NULL,NULL,NULL,1767225602000,1767225606012,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(8,'019b76da-afd0-7000-8008-000000000000',1,5,3,3,1,1,'pending',NULL,1767225602000,NULL,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225602000,1767225602000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(10,'019b76da-b3b8-7000-800a-000000000000',1,9,1,1,1,1,'failed','http_503',1767225611006,NULL,1,1,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,1767225603000,1767225606006,NULL,'http_503',503);
INSERT INTO "deliveries" VALUES(11,'019b76da-b3b8-7000-800b-000000000000',1,9,2,2,1,1,'pending',NULL,1767225603000,1767229203000,0,0,1,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225603000,1767225603000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(12,'019b76da-b3b8-7000-800c-000000000000',1,9,3,3,1,1,'pending',NULL,1767225603000,NULL,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225603000,1767225603000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(14,'019b76da-b7a0-7000-800e-000000000000',1,13,1,1,1,1,'dlq','http_400',1767225604000,NULL,1,1,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,1767225604000,1767225606008,1767225606008,'http_400',400);
INSERT INTO "deliveries" VALUES(15,'019b76da-b7a0-7000-800f-000000000000',1,13,2,2,1,1,'pending',NULL,1767225604000,1767229204000,0,0,1,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225604000,1767225604000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(16,'019b76da-b7a0-7000-8010-000000000000',1,13,3,3,1,1,'pending',NULL,1767225604000,NULL,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225604000,1767225604000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(18,'019b76da-bb88-7000-8012-000000000000',1,17,1,1,1,1,'pending',NULL,1767225605000,NULL,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225605000,1767225605000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(19,'019b76da-bb88-7000-8013-000000000000',1,17,2,2,1,1,'pending',NULL,1767225605000,1767229205000,0,0,1,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225605000,1767225605000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(20,'019b76da-bb88-7000-8014-000000000000',1,17,3,3,1,1,'pending',NULL,1767225605000,NULL,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225605000,1767225605000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(22,'019b76da-bf70-7000-8016-000000000000',1,21,1,1,1,1,'pending',NULL,1767225606000,NULL,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225606000,1767225606000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(23,'019b76da-bf70-7000-8017-000000000000',1,21,2,2,1,1,'pending',NULL,1767225606000,1767229206000,0,0,1,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225606000,1767225606000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(24,'019b76da-bf70-7000-8018-000000000000',1,21,3,3,1,1,'pending',NULL,1767225606000,NULL,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1767225606000,1767225606000,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(27,'019b76da-bf7c-7000-801e-000000000000',1,26,1,1,1,1,'pending',NULL,1767225606012,NULL,0,0,0,0,0,NULL,NULL,NULL,'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',NULL,NULL,1767225606012,1767225606012,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(28,'019b76da-bf7c-7000-801f-000000000000',1,26,2,2,2,1,'pending',NULL,1767225606012,1767229206012,0,0,1,0,0,NULL,NULL,NULL,'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',NULL,NULL,1767225606012,1767225606012,NULL,NULL,NULL);
CREATE TABLE delivery_counters (
    project_id INTEGER NOT NULL,
    binding_id INTEGER NOT NULL,
    status     TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (project_id, binding_id, status)
) STRICT, WITHOUT ROWID;
INSERT INTO "delivery_counters" VALUES(1,1,'delivered',2);
INSERT INTO "delivery_counters" VALUES(1,1,'dlq',1);
INSERT INTO "delivery_counters" VALUES(1,1,'failed',1);
INSERT INTO "delivery_counters" VALUES(1,1,'in_flight',0);
INSERT INTO "delivery_counters" VALUES(1,1,'pending',3);
INSERT INTO "delivery_counters" VALUES(1,2,'delivered',1);
INSERT INTO "delivery_counters" VALUES(1,2,'in_flight',1);
INSERT INTO "delivery_counters" VALUES(1,2,'pending',5);
INSERT INTO "delivery_counters" VALUES(1,3,'delivered',1);
INSERT INTO "delivery_counters" VALUES(1,3,'in_flight',0);
INSERT INTO "delivery_counters" VALUES(1,3,'pending',5);
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
INSERT INTO "endpoints" VALUES(1,1,1,'default','{}',NULL,NULL,'{"consecutive_failures":1,"counted_at":1767225606008,"rejected_code":400,"rejected_ids":["019b76da-b7a0-7000-800e-000000000000"]}',0,1767225600000);
INSERT INTO "endpoints" VALUES(2,1,2,'default','{}',NULL,NULL,'{}',0,1767225600000);
INSERT INTO "endpoints" VALUES(3,1,3,'default','{}',NULL,NULL,'{}',0,1767225600000);
INSERT INTO "endpoints" VALUES(4,1,4,'default','{}',NULL,NULL,'{}',0,1767225600000);
CREATE TABLE event_counters (
    project_id INTEGER NOT NULL,
    source_id  INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (project_id, source_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "event_counters" VALUES(1,1,1,1767225606012);
INSERT INTO "event_counters" VALUES(1,2,6,1767225606000);
INSERT INTO "event_counters" VALUES(1,3,1,1767225606008);
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
INSERT INTO "events" VALUES(1,'019b76da-abe8-7000-8001-000000000000',1,2,'','here','thing.happened',1767225601000,1767225601000,'info','number 0',NULL,NULL,NULL,NULL,NULL,0,'{"n":0,"words":"Grüße"}');
INSERT INTO "events" VALUES(5,'019b76da-afd0-7000-8005-000000000000',1,2,'','here','thing.happened',1767225602000,1767225602000,'info','number 1','key-1',NULL,NULL,NULL,NULL,0,'{"n":1,"words":"Grüße"}');
INSERT INTO "events" VALUES(9,'019b76da-b3b8-7000-8009-000000000000',1,2,'','here','thing.happened',1767225603000,1767225603000,'info','number 2',NULL,NULL,NULL,NULL,NULL,0,'{"n":2,"words":"Grüße"}');
INSERT INTO "events" VALUES(13,'019b76da-b7a0-7000-800d-000000000000',1,2,'','here','thing.happened',1767225604000,1767225604000,'info','number 3','key-3',NULL,NULL,NULL,NULL,0,'{"n":3,"words":"Grüße"}');
INSERT INTO "events" VALUES(17,'019b76da-bb88-7000-8011-000000000000',1,2,'','here','thing.happened',1767225605000,1767225605000,'info','number 4',NULL,NULL,NULL,NULL,NULL,0,'{"n":4,"words":"Grüße"}');
INSERT INTO "events" VALUES(21,'019b76da-bf70-7000-8015-000000000000',1,2,'','here','thing.happened',1767225606000,1767225606000,'info','number 5','key-5',NULL,NULL,NULL,NULL,0,'{"n":5,"words":"Grüße"}');
INSERT INTO "events" VALUES(25,'019b76da-bf78-7000-8019-000000000000',1,3,'','here','delivery.gave-up',1767225606008,1767225606008,'error','hook',NULL,NULL,NULL,'target:1',NULL,0,'{"version":1,"target":"hook","target_id":1,"delivery_id":"019b76da-b7a0-7000-800e-000000000000","event_id":"019b76da-b7a0-7000-800d-000000000000","event_type":"thing.happened","attempts":1,"reason":"http_400","code":"http_400","status_code":400}');
INSERT INTO "events" VALUES(26,'019b76da-bf7c-7000-801d-000000000000',1,1,'','here','claude-sessions.snapshot',1767225606012,1767225606012,'info',NULL,NULL,NULL,NULL,NULL,NULL,0,'{}');
CREATE TABLE idempotency_keys (
    project_id INTEGER NOT NULL,
    source_id  INTEGER NOT NULL,
    origin     TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    event_seq  INTEGER NOT NULL,
    PRIMARY KEY (project_id, source_id, origin, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "idempotency_keys" VALUES(1,2,'','key-1',5);
INSERT INTO "idempotency_keys" VALUES(1,2,'','key-3',13);
INSERT INTO "idempotency_keys" VALUES(1,2,'','key-5',21);
CREATE TABLE instances (
    id         TEXT    PRIMARY KEY,
    machine    TEXT    NOT NULL,
    pid        INTEGER NOT NULL,
    version    TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    stopped_at INTEGER,
    is_told    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE live_log (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    type       TEXT    NOT NULL,
    severity   TEXT    NOT NULL,
    payload    TEXT    NOT NULL
) STRICT;
CREATE TABLE numbers (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "numbers" VALUES('routing',13);
CREATE TABLE parcels (
    id          TEXT    PRIMARY KEY,
    project_id  INTEGER NOT NULL,
    endpoint_id INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE projects (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "projects" VALUES(1,'default',0);
CREATE TABLE settings (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    key        TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "settings" VALUES(1,'retention.days','30',1767225600000);
CREATE TABLE source_state (
    project_id INTEGER NOT NULL,
    source_id  INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    machine    TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    value      BLOB    NOT NULL,
    PRIMARY KEY (project_id, source_id, machine, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "source_state" VALUES(1,1,'','seen',X'7B7D');
INSERT INTO "source_state" VALUES(1,1,'here','file:1',X'00FF01637572736F72');
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
INSERT INTO "sources" VALUES(1,1,'claude-sessions','claude-sessions','{"roots":["/srv/logs"],"window_days":7,"quiet_s":null,"cap_s":null}','{"git_branches":false}',1,1767225600000,1767225600000);
INSERT INTO "sources" VALUES(2,1,'ingest','ingest','{}','{}',1,1767225600000,1767225600000);
INSERT INTO "sources" VALUES(3,1,'posthouse','posthouse','{}','{}',1,1767225600000,1767225600000);
ANALYZE "sqlite_master";
INSERT INTO "sqlite_stat1" VALUES('idempotency_keys','idempotency_keys','3 3 3 3 1');
INSERT INTO "sqlite_stat1" VALUES('numbers','numbers','1 1');
INSERT INTO "sqlite_stat1" VALUES('event_counters','event_counters','3 3 1');
INSERT INTO "sqlite_stat1" VALUES('binding_revisions','binding_revisions','6 6 2 1');
INSERT INTO "sqlite_stat1" VALUES('bindings','bindings_of_endpoint','5 2');
INSERT INTO "sqlite_stat1" VALUES('bindings','bindings_of_source','4 2');
INSERT INTO "sqlite_stat1" VALUES('events','events_id','8 8 1');
INSERT INTO "sqlite_stat1" VALUES('endpoints','sqlite_autoindex_endpoints_1','4 4 1 1');
INSERT INTO "sqlite_stat1" VALUES('targets','targets_name','4 4 1');
INSERT INTO "sqlite_stat1" VALUES('targets',NULL,'4');
INSERT INTO "sqlite_stat1" VALUES('source_state','source_state','2 2 2 1 1');
INSERT INTO "sqlite_stat1" VALUES('delivery_counters','delivery_counters','11 11 4 1');
INSERT INTO "sqlite_stat1" VALUES('bodies','bodies_of_event','4 1 1');
INSERT INTO "sqlite_stat1" VALUES('sources','sqlite_autoindex_sources_1','3 3 1');
INSERT INTO "sqlite_stat1" VALUES('projects','sqlite_autoindex_projects_1','1 1');
INSERT INTO "sqlite_stat1" VALUES('deliveries','deliveries_by_status','20 4 1');
INSERT INTO "sqlite_stat1" VALUES('deliveries','deliveries_superseding','0 0 0');
INSERT INTO "sqlite_stat1" VALUES('deliveries','deliveries_expiring','5 1');
INSERT INTO "sqlite_stat1" VALUES('deliveries','deliveries_leased','1 1');
INSERT INTO "sqlite_stat1" VALUES('deliveries','deliveries_in_line','6 6 3 1');
INSERT INTO "sqlite_stat1" VALUES('deliveries','deliveries_due','9 5 1 1');
INSERT INTO "sqlite_stat1" VALUES('deliveries','deliveries_of_binding','20 7 1');
INSERT INTO "sqlite_stat1" VALUES('deliveries','deliveries_of_event','20 20 3 1 1');
INSERT INTO "sqlite_stat1" VALUES('deliveries','deliveries_id','20 20 1');
INSERT INTO "sqlite_stat1" VALUES('attempts','attempts','6 1 1');
INSERT INTO "sqlite_stat1" VALUES('settings','settings','1 1 1');
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
INSERT INTO "targets" VALUES(1,1,'webhook','hook','{"url":"http://127.0.0.1/"}','{}',0,1767225600000,1767225600000,NULL);
INSERT INTO "targets" VALUES(2,1,'webhook','strict','{"url":"http://127.0.0.1/"}','{}',0,1767225600000,1767225600000,NULL);
INSERT INTO "targets" VALUES(3,1,'webhook','shut','{"url":"http://127.0.0.1/"}','{}',0,1767225600000,1767225600000,NULL);
INSERT INTO "targets" VALUES(4,1,'webhook','snap','{"url":"http://127.0.0.1/"}','{}',0,1767225600000,1767225600000,NULL);
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
CREATE UNIQUE INDEX targets_name ON targets (project_id, name) WHERE removed_at IS NULL;
CREATE INDEX bindings_of_source ON bindings (source_id) WHERE state = 'active';
CREATE INDEX bindings_of_endpoint ON bindings (endpoint_id);
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
CREATE UNIQUE INDEX events_id ON events (project_id, id);
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
CREATE UNIQUE INDEX bodies_of_event ON bodies (event_seq, hash);
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('sources',3);
INSERT INTO "sqlite_sequence" VALUES('targets',4);
INSERT INTO "sqlite_sequence" VALUES('endpoints',4);
INSERT INTO "sqlite_sequence" VALUES('bindings',5);
COMMIT;