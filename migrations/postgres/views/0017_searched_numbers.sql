-- Whether the latest value is a number is in the index that orders runs by it: what is no number has a place of its own in every
-- order, and whoever walked the index to find out had to read each row.
DROP INDEX IF EXISTS metrics_search;
CREATE INDEX metrics_search ON metrics (experiment_id, key, value, run_no, is_nan);
