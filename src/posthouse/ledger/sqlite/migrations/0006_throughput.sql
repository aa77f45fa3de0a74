-- How many tries ended in each minute and how long they took, kept as attempts are recorded (ledger/throughput.py).
-- `at`: the start of the minute, or of the half hour once it is older. `bin`: of rules/latency.py.
CREATE TABLE throughput (
    project_id  INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    endpoint_id INTEGER NOT NULL,
    measure     TEXT    NOT NULL,
    bin         INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (project_id, at, endpoint_id, measure, bin)
) STRICT, WITHOUT ROWID;

-- What was tried in the day before the last try counts too: nobody shall read that nothing was sent.
WITH RECURSIVE shifts (shift) AS (SELECT 0 UNION ALL SELECT shift + 1 FROM shifts WHERE shift < 44),
tries AS MATERIALIZED (
    SELECT a.project_id, d.endpoint_id, a.kind = 'delivered' AS is_delivered, a.duration_ms,
        a.started_at + a.duration_ms AS ended_at, e.recorded_at
    FROM attempts AS a JOIN deliveries AS d ON d.seq = a.delivery_seq JOIN events AS e ON e.seq = d.event_seq
    WHERE a.started_at > (SELECT max(started_at) FROM attempts) - 86400000
),
measured (project_id, at, endpoint_id, measure, ms) AS (
    SELECT project_id, ended_at - ended_at % 60000, endpoint_id, 'failed', 0 FROM tries WHERE NOT is_delivered
    UNION ALL
    SELECT project_id, ended_at - ended_at % 60000, endpoint_id, 'taken', duration_ms FROM tries WHERE is_delivered
    UNION ALL
    SELECT project_id, ended_at - ended_at % 60000, endpoint_id, 'arrived', max(ended_at - recorded_at, 0)
    FROM tries WHERE is_delivered
),
shifted AS (
    SELECT *, coalesce((SELECT max(shift) FROM shifts WHERE 16 << shift <= ms), 0) AS shift FROM measured
)
INSERT INTO throughput (project_id, at, endpoint_id, measure, bin, count)
SELECT project_id, at, endpoint_id, measure, 16 * shift + (ms >> shift) AS bin, count(*) FROM shifted
GROUP BY 1, 2, 3, 4, 5;
