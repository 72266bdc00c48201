import json

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import no, yes

STATUS = {"daemon": {"state": "running", "pid": 1}, "store": {"state": "ok"}, "sessions": []}


def test_a_healthy_daemon_is_status_0(run: Run, serve: Serve) -> None:
    daemon = serve(yes(STATUS))
    outcome = run("status")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("greenroom  running, pid 1\n")
    assert daemon.requests[0]["type"] == "get-status"


def test_a_degraded_store_is_status_1(run: Run, serve: Serve) -> None:
    serve(yes({**STATUS, "store": {"state": "degraded"}}))
    assert run("status").status == 1


def test_json_is_the_status_itself(run: Run, serve: Serve) -> None:
    serve(yes(STATUS))
    assert json.loads(run("status", "--json").out) == STATUS


def test_without_a_daemon_the_files_are_told(run: Run) -> None:
    outcome = run("status")
    assert outcome.status == 3
    assert outcome.out.startswith("greenroom  stopped\n")
    assert "start it with: greenroom start" in outcome.err


def test_without_a_daemon_json_has_the_same_shape(run: Run) -> None:
    outcome = run("status", "--json")
    status = json.loads(outcome.out)
    assert (outcome.status, status["daemon"]["state"]) == (3, "stopped")
    assert {"store", "tree", "sessions", "inbox", "http", "keeper", "terminal_host"} < status.keys()


def test_a_refused_status_is_status_1(run: Run, serve: Serve) -> None:
    serve(no("storage-failed", "the disk is gone"))
    assert run("status") == (1, "", "greenroom: the disk is gone\n")
