-- Old parts of the log in objects of the artifact store: where each range of positions is, and what its object has to be. An
-- object is written down once it was read back; readers are sent there when `served_since` is set, which happens to all objects
-- of a partition at once, and some seconds later the partition leaves the table.
CREATE TABLE event_archives (
    from_position BIGINT PRIMARY KEY,
    to_position   BIGINT NOT NULL,
    object        TEXT NOT NULL,
    bytes         BIGINT NOT NULL,
    sha256        TEXT NOT NULL,
    archived_at   BIGINT NOT NULL,   -- milliseconds since the epoch
    served_since  BIGINT             -- milliseconds since the epoch
);

-- How many positions the next partitions hold. What is there keeps its bounds.
INSERT INTO counters (name, value) VALUES ('events_per_partition', 10000000);

-- The partitions of the log that are attached, in order.
CREATE FUNCTION event_partitions() RETURNS TABLE (name TEXT, from_position BIGINT, before_position BIGINT) LANGUAGE sql STABLE AS $$
    SELECT c.relname::TEXT, bounds[1]::BIGINT, bounds[2]::BIGINT
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        CROSS JOIN regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(\d+)''\) TO \(''(\d+)''\)') AS bounds
    WHERE i.inhparent = 'events'::regclass
    ORDER BY 2
$$;

-- Makes the partitions up to the one that holds `upto`. They are attached, not created in place, because attaching does not wait
-- for readers.
CREATE OR REPLACE FUNCTION extend_events(upto BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    width CONSTANT BIGINT := (SELECT c.value FROM counters c WHERE c.name = 'events_per_partition');
    first BIGINT;
    partition TEXT;
BEGIN
    PERFORM pg_advisory_xact_lock(7261, 2);
    LOOP
        SELECT coalesce(max(p.before_position), 0) INTO first FROM event_partitions() p;
        EXIT WHEN first > upto;
        partition := 'events_from_' || lpad(first::TEXT, 12, '0');
        EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', partition);
        EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', partition, first, first + width);
    END LOOP;
END $$;

-- Makes the partitions that the events after the tip of the log need in the near future, and answers up to where there are some:
-- two million positions further, but not more than a fifth of a partition, or twenty partitions where they are small.
CREATE FUNCTION extend_events_after(tip BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    width CONSTANT BIGINT := (SELECT c.value FROM counters c WHERE c.name = 'events_per_partition');
    upto  CONSTANT BIGINT := tip + least(2000000, greatest(width / 5, least(200000, 20 * width)));
BEGIN
    PERFORM extend_events(upto);
    RETURN upto;
END $$;

-- Objects with segments of metrics, which are views and no log: each is written down here before it is made, and removed when no
-- generation of the views names it.
CREATE TABLE segment_objects (
    object      TEXT COLLATE "C" PRIMARY KEY,
    archived_at BIGINT NOT NULL   -- milliseconds since the epoch
);
