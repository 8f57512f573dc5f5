-- Exclusive rights by name, for whoever works in several processes. `until` is a time of this machine's clock.
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  BIGINT NOT NULL   -- milliseconds since the epoch
);
