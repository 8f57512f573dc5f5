-- The event log: the truth. Positions start at 1, have no gaps, and follow the order of commits.
CREATE TABLE events (
    position       INTEGER PRIMARY KEY,
    event_id       TEXT NOT NULL,
    stream_id      TEXT NOT NULL,
    stream_kind    TEXT NOT NULL,
    kind           TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    payload        TEXT NOT NULL,
    points         BLOB,
    bytes          INTEGER NOT NULL,  -- of payload and points as they came
    actor          TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    recorded_at    INTEGER NOT NULL   -- milliseconds since the epoch
);
CREATE INDEX events_by_stream ON events (stream_id, position);

-- Events are never changed.
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only: UPDATE is refused');
END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only: DELETE is refused');
END;

-- What must hold for an append to go through, one row per run, experiment, experiment name and idempotency key. A row takes part
-- in the lifecycle of its parent: of the two, the one that changed later tells whether it is deleted.
CREATE TABLE guards (
    key        TEXT PRIMARY KEY,
    parent     TEXT,
    version    INTEGER NOT NULL,
    deleted    BOOLEAN NOT NULL,
    changed_at INTEGER NOT NULL   -- the log position of the last lifecycle change
) WITHOUT ROWID;

CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);
INSERT INTO counters (name, value) VALUES ('experiment', 0);
