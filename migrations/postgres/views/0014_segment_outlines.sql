-- The points of a large segment that a chart of many such segments shows, encoded as `columns` is; NULL for small ones and
-- for those that were written before. `runledger replay` gives those one too.
ALTER TABLE metric_segments ADD COLUMN outline BYTEA;
