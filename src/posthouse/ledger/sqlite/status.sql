-- name: delivery_counts
-- How many deliveries there are by source, target and status, and how many of them a pause holds; from the counters.
SELECT b.source_id, e.target_id, c.status, sum(c.count), sum(iif(e.is_paused OR t.is_paused, c.count, 0))
FROM delivery_counters AS c
JOIN bindings AS b ON b.id = c.binding_id
JOIN endpoints AS e ON e.id = b.endpoint_id
JOIN targets AS t ON t.id = e.target_id
WHERE c.project_id = :project_id AND c.count > 0
GROUP BY b.source_id, e.target_id, c.status;

-- name: event_counts
-- How many events of each source are kept, and when the last one came; from the counters.
SELECT source_id, count, last_at FROM event_counters WHERE project_id = :project_id;

-- name: binding_counts
-- How many bindings each source has.
SELECT source_id, count(*) FROM bindings WHERE project_id = :project_id AND state = 'active' GROUP BY source_id;

-- name: last_delivered
-- When a delivery of each source was last taken by each target, as far as the newest rows of the bindings tell.
SELECT b.source_id, e.target_id, max((
    SELECT max(d.ended_at) FROM (
        SELECT status, ended_at FROM deliveries WHERE binding_id = b.id ORDER BY seq DESC LIMIT :depth
    ) AS d WHERE d.status = 'delivered'
))
FROM bindings AS b JOIN endpoints AS e ON e.id = b.endpoint_id
WHERE b.project_id = :project_id GROUP BY b.source_id, e.target_id;

-- name: ledger_size
-- The size of the ledger in bytes.
SELECT page_count * page_size FROM pragma_page_count, pragma_page_size;
