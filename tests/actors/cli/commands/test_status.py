import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actors.cli import directory_lock
from actors.terminals import host_files
from actors.terminals.identity import identify
from storage.data_dir import DataDir
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


def test_without_a_daemon_a_terminal_host_that_lives_on_is_told(run: Run, data: Path) -> None:
    workspace = data / "workspaces" / "default"
    workspace.mkdir(parents=True)
    worker = {"id": "w", "name": "shell", "type": "terminal", "status": "running",
              "process": {"pid": 7}}  # fmt: skip
    sessions = {"sessions": [{"id": "aaaa", "title": "T", "status": "active", "workers": [worker]}]}
    (workspace / "sessions.json").write_text(json.dumps(sessions))
    assert "terminals " not in run("status").out
    host_files.write_identity(data, identify(os.getpid(), ""))
    assert f"terminals  pid {os.getpid()}, 1 terminal\n" in run("status").out


def test_one_that_holds_the_directory_and_does_not_answer_is_status_1(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_lock, "SOCKET_RETURNS_SECONDS", 0.1)
    lock = DataDir(data).lock()
    outcome = run("status", "--json")
    lock.release()
    assert outcome.status == 1
    assert json.loads(outcome.out)["daemon"]["state"] == "unresponsive"
    assert "but does not answer; end it with: greenroom stop" in outcome.err


def test_one_whose_socket_comes_back_is_waited_for(run: Run, serve: Serve, data: Path) -> None:
    lock = DataDir(data).lock()
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(run, "status")
        serve(yes(STATUS))
        assert outcome.result(20).status == 0
    lock.release()


def test_a_refused_status_is_status_1(run: Run, serve: Serve) -> None:
    serve(no("storage-failed", "the disk is gone"))
    assert run("status") == (1, "", "greenroom: the disk is gone\n")


def test_a_data_path_that_is_no_directory_is_said(run: Run, data: Path) -> None:
    data.write_text("a file")
    outcome = run("status")
    assert (outcome.status, outcome.out) == (3, "")
    assert f"{data} is not a directory" in outcome.err
    answer = json.loads(run("status", "--json").out)
    assert (answer["ok"], answer["error"]["code"]) == (False, "no-daemon")
