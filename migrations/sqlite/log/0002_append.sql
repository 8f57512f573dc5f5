-- PostgreSQL appends with a function of its own here. SQLite has one writer, in one process, so the append is plain
-- statements (`storage-sqlite/src/append.rs`) and there is nothing to create.
SELECT 1;
