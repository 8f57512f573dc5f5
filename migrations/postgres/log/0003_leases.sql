-- Exclusive rights by name, for whoever works in several processes. `until` is a time of this database's clock.
CREATE TABLE leases (
    name   TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT NOT NULL,
    until  BIGINT NOT NULL   -- milliseconds since the epoch
) WITH (fillfactor = 10);
