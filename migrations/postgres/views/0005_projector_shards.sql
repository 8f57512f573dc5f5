-- Several projectors share the views: each shard of the runs has a checkpoint of its own, which begins where the one of all was.
INSERT INTO projections (name, position)
    SELECT 'views/' || shards.column1, COALESCE((SELECT position FROM projections WHERE name = 'views'), 0)
    FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7)) AS shards;
DELETE FROM projections WHERE name = 'views';
-- A projector of the previous release would make its row anew and begin again at 0 beside the shards. It is refused.
ALTER TABLE projections ADD CONSTRAINT shards_only CHECK (name <> 'views');
