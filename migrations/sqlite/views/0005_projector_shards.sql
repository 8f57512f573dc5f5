-- Several projectors share the views: each shard of the runs has a checkpoint of its own, which begins where the one of all was.
INSERT INTO projections (name, position)
    SELECT 'views/' || shards.column1, COALESCE((SELECT position FROM projections WHERE name = 'views'), 0)
    FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7)) AS shards;
DELETE FROM projections WHERE name = 'views';
-- On PostgreSQL a projector of the previous release is refused here. A file has one process, so there is none to refuse.
