-- name: receivers
-- The bindings that tell people, oldest first, each with the kind of its target.
SELECT b.id, t.kind
FROM bindings AS b JOIN endpoints AS e ON e.id = b.endpoint_id JOIN targets AS t ON t.id = e.target_id
WHERE b.project_id = :project_id AND b.is_notification AND b.state <> 'removed' ORDER BY b.id;

-- name: left_target
-- The target of a kind that the newest receiver that is no longer active left behind.
SELECT t.id
FROM bindings AS b JOIN endpoints AS e ON e.id = b.endpoint_id JOIN targets AS t ON t.id = e.target_id
WHERE b.project_id = :project_id AND b.is_notification AND b.state <> 'active' AND t.kind = :kind
    AND t.removed_at IS NULL
ORDER BY b.id DESC LIMIT 1;

-- name: newest_notifications
-- The newest deliveries of the bindings that tell people: the newest of each binding, and the newest of those. With
-- each when it happened, what is told where that is of an agent, and whether it waits for others.
WITH chosen AS MATERIALIZED (
    SELECT d.seq FROM bindings AS b CROSS JOIN deliveries AS d INDEXED BY deliveries_of_binding
        ON d.binding_id = b.id AND d.seq > coalesce((
            SELECT n.seq FROM deliveries AS n INDEXED BY deliveries_of_binding
            WHERE n.binding_id = b.id ORDER BY n.seq DESC LIMIT 1 OFFSET :limit
        ), 0)
    WHERE b.project_id = :project_id AND b.is_notification
    ORDER BY d.seq DESC LIMIT :limit
)
SELECT c.seq, e.at, CASE WHEN s.kind = 'agents' THEN e.data END, d.parcel_id IS ''
FROM chosen AS c CROSS JOIN deliveries AS d ON d.seq = c.seq CROSS JOIN events AS e ON e.seq = d.event_seq
JOIN sources AS s ON s.id = e.source_id ORDER BY c.seq DESC;
