-- The position at which tables were taken over from another generation, if any were. Until the checkpoint has come there, only the
-- other tables are written.
ALTER TABLE projections ADD COLUMN taken_over BIGINT;
