-- The model registry. A model is known by an id of its own, because its name changes.

CREATE TABLE registered_models (
    id               TEXT COLLATE "C" PRIMARY KEY,
    name             TEXT COLLATE "C" NOT NULL,
    creation_time    BIGINT NOT NULL,
    last_update_time BIGINT NOT NULL,
    renamed_at       BIGINT,
    description      TEXT,
    last_version     BIGINT NOT NULL   -- the highest number ever given
);
-- Not unique: within a batch a name goes from one model to another.
CREATE INDEX registered_models_by_name ON registered_models (name);

CREATE TABLE registered_model_tags (
    registered_model TEXT COLLATE "C" NOT NULL,
    key              TEXT COLLATE "C" NOT NULL,
    value            TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (registered_model, key)
);

CREATE TABLE registered_model_aliases (
    registered_model TEXT COLLATE "C" NOT NULL,
    alias            TEXT COLLATE "C" NOT NULL,
    version          BIGINT NOT NULL,
    PRIMARY KEY (registered_model, alias)
);

-- A new name of the model counts as an update of each version; it is not written here, but in `renamed_at`.
-- `run_id` is empty where there is none, so that it compares as in MLflow.
CREATE TABLE model_versions (
    registered_model TEXT COLLATE "C" NOT NULL,
    version          BIGINT NOT NULL,
    creation_time    BIGINT NOT NULL,
    last_update_time BIGINT NOT NULL,
    stage            TEXT COLLATE "C" NOT NULL,
    description      TEXT NOT NULL,
    source           TEXT COLLATE "C" NOT NULL,
    storage_location TEXT,
    run_id           TEXT COLLATE "C" NOT NULL,
    run_link         TEXT,
    model_id         TEXT,
    PRIMARY KEY (registered_model, version)
);
CREATE INDEX model_versions_by_run ON model_versions (run_id);

CREATE TABLE model_version_tags (
    registered_model TEXT COLLATE "C" NOT NULL,
    version          BIGINT NOT NULL,
    key              TEXT COLLATE "C" NOT NULL,
    value            TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (registered_model, version, key)
);
