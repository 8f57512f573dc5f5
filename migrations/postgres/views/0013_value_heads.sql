-- The head of a param's or tag's value as a column: an index on an expression makes PostgreSQL read the row to know the expression's
-- argument, an index on a column answers alone. A long value does not fit into an index entry, so only its head is indexed.
ALTER TABLE params ADD COLUMN head TEXT COLLATE "C" GENERATED ALWAYS AS (substr(value, 1, 128)) STORED;
ALTER TABLE tags ADD COLUMN head TEXT COLLATE "C" GENERATED ALWAYS AS (substr(value, 1, 128)) STORED;
DROP INDEX IF EXISTS params_search;
DROP INDEX IF EXISTS tags_search;
CREATE INDEX params_search ON params (experiment_id, key, head, run_no);
CREATE INDEX tags_search ON tags (experiment_id, key, head, run_no);
