-- name: start_instance
-- Note a start of the daemon.
INSERT INTO instances (id, machine, pid, version, started_at) VALUES (:id, :machine, :pid, :version, :now);

-- name: stop_instance
-- Note a clean stop.
UPDATE instances SET stopped_at = :now WHERE id = :id AND stopped_at IS NULL;

-- name: unclean_instances
-- Starts on this machine that never stopped and were not told of, but for the running one.
SELECT id, machine, pid, version, started_at FROM instances
WHERE stopped_at IS NULL AND is_told = 0 AND id <> :id AND machine = :machine ORDER BY started_at, id;

-- name: tell_instance
-- Note that an unclean stop was told of.
UPDATE instances SET is_told = 1 WHERE id = :id;

-- name: forget_instances
-- Drop the starts from before an instant that have nothing left to tell.
DELETE FROM instances WHERE started_at < :before AND id <> :id AND (stopped_at IS NOT NULL OR is_told = 1);
