-- How far the commands that archive are, for the metrics of servers.
CREATE TABLE archive_progress (
    command    TEXT PRIMARY KEY,   -- events or metrics
    done       BIGINT NOT NULL,    -- events, or bytes of points
    target     BIGINT NOT NULL,    -- the same, as far as it is known
    updated_at BIGINT NOT NULL     -- milliseconds since the epoch; moves as long as the command works
);
