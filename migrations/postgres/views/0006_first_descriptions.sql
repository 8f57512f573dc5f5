-- The first description of a data set is the one that is first in the log, whichever shard comes to its own first.
-- What is there already came before everything else.
ALTER TABLE datasets ADD COLUMN described_at BIGINT NOT NULL DEFAULT 0;
