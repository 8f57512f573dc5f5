"""Many clients write into one run at once: no error, and exactly the points that were sent."""

from concurrent.futures import ThreadPoolExecutor

from conftest import StartServer
from harness.wire import Wire

CLIENTS = 64
BATCHES = 10
POINTS = 50


def write(url: str, run_id: str, client: int) -> None:
    """Half of the points go to a key of the client's own, half to one that all share."""
    wire = Wire(url)
    for batch in range(BATCHES):
        first = (client * BATCHES + batch) * POINTS
        metrics = [
            {
                "key": "shared" if i % 2 else f"own {client}",
                "value": float(i),
                "timestamp": first + i,
                "step": first + i,
            }
            for i in range(POINTS)
        ]
        tags = [{"key": "last", "value": str(client)}]
        params = [{"key": f"p {client} {batch}", "value": "v"}, {"key": "same for all", "value": "v"}]
        wire.post("runs/log-batch", run_id=run_id, metrics=metrics, tags=tags, params=params).ok()


def write_from_all(urls: list[str]) -> None:
    run_id = Wire(urls[0]).new_run("0")
    with ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(write, urls[i % len(urls)], run_id, i) for i in range(CLIENTS)]:
            done.result()
    for url in urls:
        wire = Wire(url)
        shared = wire.history(run_id, "shared")
        assert len(shared) == len(set(shared)) == CLIENTS * BATCHES * POINTS // 2
        assert len(wire.history(run_id, "own 0")) == BATCHES * POINTS // 2
        data = wire.data(run_id)
        assert len(data["params"]) == CLIENTS * BATCHES + 1
        assert len(data["metrics"]) == CLIENTS + 1


def test_one_process(start_server: StartServer) -> None:
    write_from_all([start_server().url])


def test_two_processes(start_on_postgres: StartServer) -> None:
    write_from_all([start_on_postgres().url, start_on_postgres().url])


def test_one_name_is_given_once(start_server: StartServer) -> None:
    """Of many that create the same experiment, one succeeds and the others are told that it exists."""
    url = start_server().url
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: Wire(url).post("experiments/create", name="wanted"), range(32)))
    assert sorted(a.body.get("error_code", "") for a in answers) == ["", *["RESOURCE_ALREADY_EXISTS"] * 31]


def test_one_param_gets_one_value(start_on_postgres: StartServer) -> None:
    """Two processes race for a param: one value wins, and everybody is told which."""
    urls = [start_on_postgres().url, start_on_postgres().url]
    run_id = Wire(urls[0]).new_run("0")

    def log(i: int) -> int:
        return Wire(urls[i % 2]).post("runs/log-parameter", run_id=run_id, key="p", value=str(i)).status

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(log, range(32)))
    assert sorted(statuses) == [200, *[400] * 31]
    assert [Wire(url).data(run_id)["params"]["p"] for url in urls] == [str(statuses.index(200))] * 2
