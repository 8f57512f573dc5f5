-- Generations of the views: the active one that everybody reads and writes, and those that are built beside it. A generation is
-- a file: `views.db` is the first one, `views-<generation>.db` any other. Which one is active is said here, and nowhere else.
CREATE TABLE view_generations (
    generation INTEGER PRIMARY KEY,
    state      TEXT NOT NULL,      -- active, building, previous, past or discarded
    purpose    TEXT NOT NULL,      -- what it was built for: replace, compare or past
    projection INTEGER NOT NULL,   -- the version of the projection that built it
    phase      TEXT NOT NULL,      -- how far the building has come
    position   INTEGER NOT NULL,   -- the last event that was in it when this row was written
    target     INTEGER NOT NULL,   -- the last event that is to be in it
    digest     TEXT,               -- of what it said when it was compared
    builder    TEXT NOT NULL,      -- who builds it, in words
    begun_at   INTEGER NOT NULL,   -- milliseconds since the epoch
    updated_at INTEGER NOT NULL
);
INSERT INTO view_generations (generation, state, purpose, projection, phase, position, target, builder, begun_at, updated_at)
    VALUES (1, 'active', 'replace', 1, 'done', 0, 0, 'the projector', 0, 0);
