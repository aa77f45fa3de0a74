-- name: count_tries
-- Add counted tries to their minutes.
INSERT INTO throughput (project_id, at, endpoint_id, measure, bin, count)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(:rows) WHERE true
ON CONFLICT DO UPDATE SET count = count + excluded.count;

-- name: read_throughput
-- How many tries there are by bucket, measure and bin within a time, of one target or of all.
SELECT at - at % :bucket_ms, measure, bin, sum(count) FROM throughput
WHERE project_id = :project_id AND at >= :since AND at < :until
    AND (:target_id IS NULL OR endpoint_id IN (SELECT id FROM endpoints WHERE target_id = :target_id))
GROUP BY 1, 2, 3;

-- name: remove_throughput
-- Forget what is older than an instant.
DELETE FROM throughput WHERE project_id IN (SELECT id FROM projects) AND at < :before;

-- name: first_unfolded
-- The first minute before an instant that is not the start of a half hour.
SELECT min(at) FROM throughput
WHERE project_id IN (SELECT id FROM projects) AND at < :before AND at % :bucket_ms <> 0;

-- name: fold_throughput
-- Add the minutes of a half hour to its first.
INSERT INTO throughput (project_id, at, endpoint_id, measure, bin, count)
SELECT project_id, :since, endpoint_id, measure, bin, sum(count) FROM throughput
WHERE project_id IN (SELECT id FROM projects) AND at > :since AND at < :until GROUP BY 1, 3, 4, 5
ON CONFLICT DO UPDATE SET count = count + excluded.count;

-- name: remove_folded
-- Remove the minutes of a half hour but for its first.
DELETE FROM throughput WHERE project_id IN (SELECT id FROM projects) AND at > :since AND at < :until;
