-- Deleted runs are few among many, and wait to be purged.
CREATE INDEX runs_deleted ON runs (run_id) WHERE deleted = TRUE;
