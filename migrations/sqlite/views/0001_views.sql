-- The read model. Everything here is derived from the event log and can be rebuilt from it.
-- SQLite compares text byte by byte as it is.

-- How far each projection has come: every event up to and including `position` is in its tables.
CREATE TABLE projections (
    name     TEXT PRIMARY KEY,
    position BIGINT NOT NULL
);

-- Events that a projection could not apply, kept with the reason.
CREATE TABLE dead_letters (
    projection TEXT NOT NULL,
    position   BIGINT NOT NULL,
    stream_id  TEXT NOT NULL,
    kind       TEXT NOT NULL,
    error      TEXT NOT NULL,
    failed_at  BIGINT NOT NULL,
    PRIMARY KEY (projection, position)
);

CREATE TABLE experiments (
    experiment_id     BIGINT PRIMARY KEY,
    name              TEXT NOT NULL,
    artifact_location TEXT NOT NULL,
    deleted           BOOLEAN NOT NULL,
    creation_time     BIGINT NOT NULL,
    last_update_time  BIGINT NOT NULL
);
CREATE INDEX experiments_by_name ON experiments (name);

CREATE TABLE experiment_tags (
    experiment_id BIGINT NOT NULL,
    key           TEXT NOT NULL,
    value         TEXT NOT NULL,
    PRIMARY KEY (experiment_id, key)
);

-- `run_no` is the log position of the run's creation: short, unique, and the same after every rebuild.
CREATE TABLE runs (
    run_no         INTEGER PRIMARY KEY,
    run_id         TEXT NOT NULL,
    experiment_id  BIGINT NOT NULL,
    name           TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    status         TEXT NOT NULL,
    start_time     BIGINT NOT NULL,
    end_time       BIGINT,
    deleted        BOOLEAN NOT NULL,
    deleted_time   BIGINT,
    artifact_uri   TEXT NOT NULL
);
CREATE UNIQUE INDEX runs_by_id ON runs (run_id);
CREATE INDEX runs_listing ON runs (experiment_id, deleted, start_time DESC, run_id);

CREATE TABLE params (
    run_no        BIGINT NOT NULL,
    key           TEXT NOT NULL,
    value         TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    PRIMARY KEY (run_no, key)
);
-- A long value does not fit into an index entry, so only its head is indexed.
CREATE INDEX params_search ON params (experiment_id, key, substr(value, 1, 128), run_no);

CREATE TABLE tags (
    run_no        BIGINT NOT NULL,
    key           TEXT NOT NULL,
    value         TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    PRIMARY KEY (run_no, key)
);
CREATE INDEX tags_search ON tags (experiment_id, key, substr(value, 1, 128), run_no);

-- The latest point of each metric. NaN is stored as value 0 with `is_nan`, because SQLite has no NaN
-- and because NaN competes as 0 in MLflow's rule.
CREATE TABLE metrics (
    run_no        BIGINT NOT NULL,
    key           TEXT NOT NULL,
    value         DOUBLE PRECISION NOT NULL,
    is_nan        BOOLEAN NOT NULL,
    timestamp     BIGINT NOT NULL,
    step          BIGINT NOT NULL,
    experiment_id BIGINT NOT NULL,
    PRIMARY KEY (run_no, key)
);
CREATE INDEX metrics_search ON metrics (experiment_id, key, value, run_no);

-- The history of a metric: columns of points, encoded as `domain::points` says. `segment` is the log
-- position of the first event in it; `level` counts how often it was merged.
CREATE TABLE metric_segments (
    run_no  BIGINT NOT NULL,
    key     TEXT NOT NULL,
    segment BIGINT NOT NULL,
    level   SMALLINT NOT NULL,
    points  BIGINT NOT NULL,
    columns BLOB NOT NULL,
    PRIMARY KEY (run_no, key, segment)
);

-- A data set is identified by experiment, name and digest; the first description of it is kept.
CREATE TABLE datasets (
    experiment_id BIGINT NOT NULL,
    name          TEXT NOT NULL,
    digest        TEXT NOT NULL,
    source_type   TEXT NOT NULL,
    source        TEXT NOT NULL,
    schema        TEXT,
    profile       TEXT,
    PRIMARY KEY (experiment_id, name, digest)
);

-- Links runs to the data sets they used. `tags` is a JSON array of {key, value}; `context` is the tag
-- mlflow.data.context taken out of it for searching.
CREATE TABLE dataset_inputs (
    run_no        BIGINT NOT NULL,
    name          TEXT NOT NULL,
    digest        TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    tags          TEXT NOT NULL,
    context       TEXT,
    linked_at     BIGINT NOT NULL,   -- the log position of the link
    PRIMARY KEY (run_no, name, digest)
);
CREATE INDEX dataset_inputs_search ON dataset_inputs (experiment_id, name, digest);

-- Models that a run consumed (direction 'input') or produced ('output').
CREATE TABLE run_models (
    run_no    BIGINT NOT NULL,
    direction TEXT NOT NULL,
    model_id  TEXT NOT NULL,
    step      BIGINT NOT NULL,
    linked_at BIGINT NOT NULL,   -- the log position of the link
    PRIMARY KEY (run_no, direction, model_id)
);

-- Artifacts by their path below the artifact root. `state` is staged, stored or failed.
CREATE TABLE artifacts (
    path      TEXT PRIMARY KEY,
    upload_id TEXT NOT NULL,
    size      BIGINT NOT NULL,
    sha256    TEXT NOT NULL,
    state     TEXT NOT NULL,
    error     TEXT,
    staged_at BIGINT NOT NULL,
    stored_at BIGINT
);
CREATE INDEX artifacts_staged ON artifacts (staged_at) WHERE state = 'staged';
