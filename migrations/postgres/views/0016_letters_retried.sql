-- An event may concern several shards, which different projectors hold. In which of them it was applied since somebody asked for
-- that: one bit for each, the lowest for shard 0. The letter goes when all are set.
ALTER TABLE dead_letters ADD COLUMN retried_in BIGINT NOT NULL DEFAULT 0;
