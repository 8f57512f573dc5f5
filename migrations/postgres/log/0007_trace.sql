-- The trace of the request behind an event: its id, that of the span and the flags, 25 bytes; empty, which is one byte, for a
-- request whose trace nobody records.
ALTER TABLE events ADD COLUMN trace BYTEA NOT NULL DEFAULT '';

-- As `append_events` of 0002, which stays for processes of the version before, with the traces.
CREATE FUNCTION append_events(
    p_writer UUID, p_batch BIGINT,
    g_request INTEGER[], g_key TEXT[], g_expect SMALLINT[], g_version BIGINT[], g_act SMALLINT[], g_parent TEXT[],
    e_request INTEGER[], e_id UUID[], e_stream TEXT[], e_stream_kind TEXT[], e_kind TEXT[], e_schema SMALLINT[],
    e_payload TEXT[], e_points BYTEA[], e_bytes INTEGER[], e_actor TEXT[], e_request_id TEXT[], e_at BIGINT[],
    e_trace BYTEA[]
) RETURNS TABLE (base BIGINT, rejected_requests INTEGER[], rejected_guards INTEGER[], rejected_found SMALLINT[])
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    tip      BIGINT;
    requests INTEGER[] := '{}';
    reasons  INTEGER[] := '{}';
    founds   SMALLINT[] := '{}';
    g        RECORD;
    have     RECORD;
    found_as SMALLINT;
    current  INTEGER := 0;      -- the request whose guards are being checked
    refused  BOOLEAN := FALSE;  -- whether one of them failed
    changes  BIGINT := 0;       -- how many requests changed a guard so far
    keys     TEXT[] := '{}';    -- what to do to the guards of that request once all of them hold
    acts     SMALLINT[] := '{}';
    parents  TEXT[] := '{}';
BEGIN
    PERFORM pg_advisory_xact_lock(7261, 1);

    RETURN QUERY SELECT b.base, b.rejected_requests, b.rejected_guards, b.rejected_found
        FROM append_batches b WHERE b.writer = p_writer AND b.batch = p_batch;
    IF FOUND THEN
        RETURN;
    END IF;

    SELECT e.position INTO tip FROM events e ORDER BY e.position DESC LIMIT 1;
    tip := coalesce(tip, 0);

    FOR g IN
        SELECT * FROM unnest(g_request, g_key, g_expect, g_version, g_act, g_parent)
            WITH ORDINALITY AS u(request, key, expect, version, act, parent, ordinal)
        ORDER BY ordinal
    LOOP
        IF g.request <> current THEN
            IF NOT refused AND cardinality(keys) > 0 THEN
                changes := changes + 1;
                PERFORM apply_guards(keys, acts, parents, tip + changes);
            END IF;
            current := g.request;
            refused := FALSE;
            keys := '{}'; acts := '{}'; parents := '{}';
        END IF;
        CONTINUE WHEN refused;

        SELECT s.version, CASE WHEN p.changed_at > s.changed_at THEN p.deleted ELSE s.deleted END AS deleted INTO have
            FROM guards s LEFT JOIN guards p ON p.key = s.parent WHERE s.key = g.key;
        found_as := CASE WHEN NOT FOUND THEN 0 WHEN have.deleted THEN 2
                         WHEN g.expect = 4 AND have.version <> g.version THEN 3 ELSE 1 END;

        IF (g.expect = 0 AND found_as = 0) OR (g.expect = 1 AND found_as <> 0) OR (g.expect IN (2, 4) AND found_as = 1)
            OR (g.expect = 3 AND found_as = 2)
        THEN
            IF g.act <> 0 THEN
                keys := keys || g.key; acts := acts || g.act; parents := parents || g.parent;
            END IF;
        ELSE
            refused := TRUE;
            requests := requests || g.request; reasons := reasons || g.ordinal::INTEGER; founds := founds || found_as;
        END IF;
    END LOOP;
    IF NOT refused AND cardinality(keys) > 0 THEN
        PERFORM apply_guards(keys, acts, parents, tip + changes + 1);
    END IF;

    INSERT INTO events (position, event_id, stream_id, stream_kind, kind, schema_version, payload, points, bytes, actor,
                        request_id, recorded_at, trace)
        SELECT tip + row_number() OVER (ORDER BY u.ordinal), u.id, u.stream, u.stream_kind, u.kind, u.schema,
               u.payload::JSONB, u.points, u.bytes, u.actor, u.request_id, u.recorded_at, u.trace
        FROM unnest(e_request, e_id, e_stream, e_stream_kind, e_kind, e_schema, e_payload, e_points, e_bytes, e_actor,
                    e_request_id, e_at, e_trace)
            WITH ORDINALITY AS u(request, id, stream, stream_kind, kind, schema, payload, points, bytes, actor, request_id,
                                 recorded_at, trace, ordinal)
        WHERE u.request <> ALL (requests);

    INSERT INTO append_batches (writer, batch, base, rejected_requests, rejected_guards, rejected_found)
        VALUES (p_writer, p_batch, tip, requests, reasons, founds);
    DELETE FROM append_batches b WHERE b.writer = p_writer AND b.batch = p_batch - 1;

    RETURN QUERY SELECT tip, requests, reasons, founds;
END $$;
