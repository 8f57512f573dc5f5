"""A long history, made of a short one by copying its runs in the log; the server has to be stopped meanwhile."""

from harness.operator import Operator
from harness.wire import Wire

BATCHES = 8
POINTS = 10

# Run ids begin with eight digits that no other copy has. Both databases know these statements but for how they spell them.
COPY = """
    INSERT INTO events (position, event_id, stream_id, stream_kind, kind, schema_version, payload, points, bytes, actor,
                        request_id, recorded_at)
    SELECT tip.position + row_number() OVER (ORDER BY copies.number, e.position), {event_id},
           'run/' || {begin} || substr(e.stream_id, 13), e.stream_kind, e.kind, e.schema_version,
           {payload}, e.points, e.bytes, e.actor, e.request_id, e.recorded_at
    FROM events e, (SELECT max(position) AS position FROM events) AS tip, ({copies}) AS copies
    WHERE e.stream_kind = 'run'
"""
GUARDS = """
    INSERT INTO guards (key, parent, version, deleted, changed_at)
    SELECT 'run/' || {begin} || substr(g.key, 13), g.parent, g.version, g.deleted, g.changed_at
    FROM guards g, ({copies}) AS copies WHERE g.key LIKE 'run/%'
"""
SQLITE = {
    "event_id": "e.event_id",
    "begin": "printf('%08x', copies.number)",
    "payload": "replace(e.payload, substr(e.stream_id, 5, 32),"
    " printf('%08x', copies.number) || substr(e.stream_id, 13))",
    "copies": "WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < {})"
    " SELECT number FROM n",
}
POSTGRES = {
    "event_id": "gen_random_uuid()",
    "begin": "lpad(to_hex(copies.number), 8, '0')",
    "payload": "replace(e.payload::TEXT, substr(e.stream_id, 5, 32),"
    " lpad(to_hex(copies.number), 8, '0') || substr(e.stream_id, 13))::JSONB",
    "copies": "SELECT number FROM generate_series(1, {}) AS number",
}


def log_runs(wire: Wire, experiment_id: str, runs: int) -> list[str]:
    """Runs with params, tags and points, some of them finished, one deleted."""
    run_ids = [wire.new_run(experiment_id, run_name=f"run {number}") for number in range(runs)]
    for number, run_id in enumerate(run_ids):
        for batch in range(BATCHES):
            steps = range(batch * POINTS, (batch + 1) * POINTS)
            metrics = [
                {"key": key, "value": step * 0.37 + number, "timestamp": 1_000 + step, "step": step}
                for key in ("loss", "accuracy")
                for step in steps
            ]
            pair = [{"key": f"key {batch}", "value": f"value {number}"}]
            wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=pair, tags=pair).ok()
        if number % 2:
            wire.post("runs/update", run_id=run_id, status="FINISHED", end_time=5_000).ok()
    wire.post("runs/delete", run_id=run_ids[-1]).ok()
    return run_ids


def lengthen(operator: Operator, events: int) -> None:
    """Copies what there is of runs until there are about so many events."""
    ((head, of_runs),) = operator.log("SELECT max(position), sum((stream_kind = 'run')::INTEGER) FROM events"
        if operator.database_url
        else "SELECT max(position), sum(stream_kind = 'run') FROM events")
    copies = max((events - head) // of_runs, 1)
    words = POSTGRES if operator.database_url else SQLITE
    words = words | {"copies": words["copies"].format(copies)}
    # The guards first: the keys that are copied are those of the runs that there are.
    operator.log(GUARDS.format(**words))
    for upto in range(0, 1 + (head + copies * of_runs) // 10_000_000) if operator.database_url else ():
        operator.log(f"SELECT extend_events({upto * 10_000_000})")
    operator.log(COPY.format(**words))
