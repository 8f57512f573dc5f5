-- Old parts of the log in objects of the artifact store. Only PostgreSQL has partitions that can leave the table, so here nothing
-- is ever written to the first table; reads are the same on both.
CREATE TABLE event_archives (
    from_position INTEGER PRIMARY KEY,
    to_position   INTEGER NOT NULL,
    object        TEXT NOT NULL,
    bytes         INTEGER NOT NULL,
    sha256        TEXT NOT NULL,
    archived_at   INTEGER NOT NULL,   -- milliseconds since the epoch
    served_since  INTEGER             -- milliseconds since the epoch
);

-- Objects with segments of metrics, which are views and no log: each is written down here before it is made, and removed when no
-- generation of the views names it.
CREATE TABLE segment_objects (
    object      TEXT PRIMARY KEY,
    archived_at INTEGER NOT NULL   -- milliseconds since the epoch
);
