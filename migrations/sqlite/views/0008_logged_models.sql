-- Logged models. They are few, so what searches read hangs on the model alone.
CREATE TABLE logged_models (
    model_id         TEXT PRIMARY KEY,
    experiment_id    BIGINT NOT NULL,
    name             TEXT NOT NULL,
    model_type       TEXT NOT NULL,   -- '' where there is none, as MLflow has it
    source_run_id    TEXT NOT NULL,   -- the same
    artifact_uri     TEXT NOT NULL,
    status           TEXT NOT NULL,
    creation_time    BIGINT NOT NULL,
    last_update_time BIGINT NOT NULL,
    deleted          BOOLEAN NOT NULL
);
CREATE INDEX logged_models_listing ON logged_models (experiment_id, deleted, creation_time DESC, model_id);

CREATE TABLE logged_model_params (
    model_id TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (model_id, key)
);

CREATE TABLE logged_model_tags (
    model_id TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (model_id, key)
);

-- Every measurement of a model, named by the log position of its event and its place there. One that came twice is here
-- twice, and counts once when it is read. NaN is stored as value 0 with `is_nan`. Without a data set, name and digest are ''.
CREATE TABLE logged_model_metrics (
    model_id       TEXT NOT NULL,
    position       BIGINT NOT NULL,
    number         BIGINT NOT NULL,
    run_id         TEXT NOT NULL,
    key            TEXT NOT NULL,
    value          DOUBLE PRECISION NOT NULL,
    is_nan         BOOLEAN NOT NULL,
    timestamp      BIGINT NOT NULL,
    step           BIGINT NOT NULL,
    dataset_name   TEXT NOT NULL,
    dataset_digest TEXT NOT NULL,
    PRIMARY KEY (model_id, position, number)
);
CREATE INDEX logged_model_metrics_search ON logged_model_metrics (model_id, key, step, timestamp);
CREATE INDEX logged_model_metrics_by_run ON logged_model_metrics (run_id);
