-- Deletions of artifacts whose objects are not known to be gone from the store. `deletion` is the log position of the deletion.
CREATE TABLE removals (
    path     TEXT COLLATE "C" NOT NULL,
    deletion BIGINT NOT NULL,
    PRIMARY KEY (path, deletion)
);
