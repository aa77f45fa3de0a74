-- name: deliveries_of_key
-- The deliveries of the event that a source told under a key, the newest of each binding: positions, as one JSON text.
SELECT json_group_array(seq) FROM (
    SELECT max(d.seq) AS seq FROM idempotency_keys AS i
    CROSS JOIN deliveries AS d INDEXED BY deliveries_of_event ON d.project_id = i.project_id AND d.event_seq = i.event_seq
    WHERE i.project_id = :project_id AND i.source_id = :source_id AND i.origin = '' AND i.key = :key
    GROUP BY d.binding_id ORDER BY d.binding_id
);

-- name: retries_of_bindings
-- What waits for another try that comes in time, of some bindings under one supersede key: positions, as one JSON text.
SELECT json_group_array(d.seq)
FROM json_each(:bindings) AS b CROSS JOIN deliveries AS d INDEXED BY deliveries_superseding
    ON d.binding_id = b.value AND d.supersede_key = :supersede_key
WHERE d.status IN ('pending', 'failed') AND d.supersede_key IS NOT NULL AND d.status = 'failed'
    AND (d.expires_at IS NULL OR d.expires_at > d.available_at);

-- name: read_answers
-- Some deliveries with the name of their target, why they were made, and what their last attempt came to.
SELECT d.binding_id, t.name, d.id, e.id, d.status, d.reason, d.attempts, d.charged, json_array_length(b.retry_schedule_s),
    d.available_at, d.expires_at, d.status IN ('pending', 'failed') AND (n.is_paused OR t.is_paused), e.data ->> 'reason',
    a.started_at, a.code, a.status_code, a.detail, a.excerpt
FROM json_each(:seqs) AS s
CROSS JOIN deliveries AS d ON d.seq = s.value
CROSS JOIN events AS e ON e.seq = d.event_seq
JOIN bindings AS b ON b.id = d.binding_id
JOIN endpoints AS n ON n.id = d.endpoint_id
JOIN targets AS t ON t.id = n.target_id
LEFT JOIN attempts AS a ON a.delivery_seq = d.seq AND a.number = (
    SELECT max(m.number) FROM attempts AS m WHERE m.delivery_seq = d.seq
);
