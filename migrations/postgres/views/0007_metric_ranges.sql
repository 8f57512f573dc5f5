-- The least and the greatest value of each metric, so that runs are found and sorted by them. NaN is neither: where there is
-- nothing but NaN, both are NULL.
ALTER TABLE metrics ADD COLUMN min_value DOUBLE PRECISION;
ALTER TABLE metrics ADD COLUMN max_value DOUBLE PRECISION;
CREATE INDEX metrics_by_min ON metrics (experiment_id, key, min_value, run_no);
CREATE INDEX metrics_by_max ON metrics (experiment_id, key, max_value, run_no);

-- SQL cannot read the histories that they would have to be taken from. So the views are emptied, and the projector derives them
-- from the log again: searches and listings are incomplete until it has caught up, while reads by id are not. Every process has to
-- be stopped meanwhile, because one that runs believes that its views are further.
TRUNCATE experiments, experiment_tags, runs, params, tags, metrics, metric_segments,
    datasets, dataset_inputs, run_models, artifacts, removals, dead_letters;
UPDATE projections SET position = 0;
