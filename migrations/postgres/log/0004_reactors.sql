-- How far each reactor has come: it has acted on every event up to and including `position`. A rebuild of the views does not
-- touch these, so that nothing is done twice.
CREATE TABLE reactors (
    name     TEXT COLLATE "C" PRIMARY KEY,
    position BIGINT NOT NULL
) WITH (fillfactor = 10);
