-- The event log: the truth. Positions start at 1, have no gaps, and follow the order of commits.
CREATE TABLE events (
    position       BIGINT NOT NULL,
    event_id       UUID NOT NULL,
    stream_id      TEXT COLLATE "C" NOT NULL,
    stream_kind    TEXT NOT NULL,
    kind           TEXT NOT NULL,
    schema_version SMALLINT NOT NULL,
    payload        JSONB NOT NULL,
    points         BYTEA,
    bytes          INTEGER NOT NULL,  -- of payload and points as they came
    actor          TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    recorded_at    BIGINT NOT NULL,   -- milliseconds since the epoch
    PRIMARY KEY (position)
) PARTITION BY RANGE (position);
CREATE INDEX events_by_stream ON events (stream_id, position);

-- Points are compressed already; a second compression costs time and gains nothing.
ALTER TABLE events ALTER COLUMN points SET STORAGE EXTERNAL;

-- Events are never changed. Old partitions are detached, which is not a DELETE.
CREATE FUNCTION events_are_append_only() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % is refused', TG_OP;
END $$;
CREATE TRIGGER events_no_update BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_are_append_only();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only();

-- Makes the partition that holds `upto`. It is attached, not created in place, because attaching does not wait for readers.
CREATE FUNCTION extend_events(upto BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    width     CONSTANT BIGINT := 10000000;
    number    CONSTANT BIGINT := upto / width;
    partition CONSTANT TEXT := 'events_' || lpad(number::TEXT, 6, '0');
BEGIN
    PERFORM pg_advisory_xact_lock(7261, 2);
    IF to_regclass(partition) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', partition);
        EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                       partition, number * width, (number + 1) * width);
    END IF;
END $$;
SELECT extend_events(0);

-- What must hold for an append to go through, one row per run, experiment, experiment name and idempotency key. A row takes part
-- in the lifecycle of its parent: of the two, the one that changed later tells whether it is deleted.
CREATE TABLE guards (
    key        TEXT COLLATE "C" PRIMARY KEY,
    parent     TEXT COLLATE "C",
    version    BIGINT NOT NULL,
    deleted    BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL   -- the log position of the last lifecycle change
) WITH (fillfactor = 80);

-- The outcome of each writer's last batch, so that a batch whose answer was lost can be sent again.
CREATE TABLE append_batches (
    writer            UUID NOT NULL,
    batch             BIGINT NOT NULL,
    base              BIGINT NOT NULL,
    rejected_requests INTEGER[] NOT NULL,
    rejected_guards   INTEGER[] NOT NULL,
    rejected_found    SMALLINT[] NOT NULL,
    PRIMARY KEY (writer, batch)
);

CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('experiment', 0);
