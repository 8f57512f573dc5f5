-- Generations of the views: the active one that everybody reads and writes, and those that are built beside it. A generation is
-- a schema: `runledger_views` is the active one, `runledger_views_<generation>` any other. They are switched by names, so the
-- active one has no number in its name.
CREATE SCHEMA IF NOT EXISTS runledger_views;

-- Views that were made before there were generations are in the schema of the log.
DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'migrations_views', 'projections', 'dead_letters', 'experiments', 'experiment_tags', 'runs', 'params', 'tags', 'metrics',
        'metric_segments', 'datasets', 'dataset_inputs', 'run_models', 'artifacts', 'removals', 'logged_models',
        'logged_model_params', 'logged_model_tags', 'logged_model_metrics', 'registered_models', 'registered_model_tags',
        'registered_model_aliases', 'model_versions', 'model_version_tags'
    ] LOOP
        EXECUTE format('ALTER TABLE IF EXISTS %I.%I SET SCHEMA runledger_views', current_schema(), name);
    END LOOP;
END $$;

CREATE TABLE view_generations (
    generation BIGINT PRIMARY KEY,
    state      TEXT NOT NULL,      -- active, building, previous, past or discarded
    purpose    TEXT NOT NULL,      -- what it was built for: replace, compare or past
    projection BIGINT NOT NULL,    -- the version of the projection that built it
    phase      TEXT NOT NULL,      -- how far the building has come
    position   BIGINT NOT NULL,    -- the last event that was in it when this row was written
    target     BIGINT NOT NULL,    -- the last event that is to be in it
    digest     TEXT,               -- of what it said when it was compared
    builder    TEXT NOT NULL,      -- who builds it, in words
    begun_at   BIGINT NOT NULL,    -- milliseconds since the epoch
    updated_at BIGINT NOT NULL
);
INSERT INTO view_generations (generation, state, purpose, projection, phase, position, target, builder, begun_at, updated_at)
    VALUES (1, 'active', 'replace', 1, 'done', 0, 0, 'the projector', 0, 0);
