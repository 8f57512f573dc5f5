-- Who is told about what happens. This is configuration, not history: it holds secrets and is changed in place.
CREATE TABLE webhooks (
    webhook_id  TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    url         TEXT NOT NULL,
    description TEXT,
    secret      TEXT,
    events      TEXT NOT NULL,   -- names such as model_version.created, with commas between them
    active      BOOLEAN NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    deleted_at  BIGINT
);

-- What is owed to a webhook, and what became of it. Deliveries about one subject go out in the order of `position`.
CREATE TABLE webhook_deliveries (
    delivery_id     TEXT PRIMARY KEY,
    webhook_id      TEXT NOT NULL,
    position        BIGINT NOT NULL,   -- of the event in the log
    subject         TEXT NOT NULL,     -- the event's stream
    event           TEXT NOT NULL,
    body            TEXT NOT NULL,
    state           TEXT NOT NULL,     -- pending, delivered or failed
    attempts        BIGINT NOT NULL,
    owed_since      BIGINT NOT NULL,
    due_at          BIGINT NOT NULL,
    attempted_at    BIGINT,
    response_status BIGINT,
    error           TEXT
);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (webhook_id, subject, position) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_listing ON webhook_deliveries (webhook_id, position);
