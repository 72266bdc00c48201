"""Which way is taken, and what each leaves behind."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from actors import library
from actors.library import opening
from actors.library.remote_way import RemoteWay
from actors.library.tree_way import TreeWay
from storage.data_dir import DataDir
from storage.errors import AlreadyRunning, DataDirectoryRefused
from tests.architecture.source_tree import ROOT
from tests.fakes.greenroom import House, end_host

HEAVY = {"anthropic", "mcp", "pykka", "starlette", "uvicorn", "watchdog"}


def test_where_a_daemon_answers_it_is_used(open_greenroom: House) -> None:
    session_id = open_greenroom.create(title="Mine")["id"]
    with library.open(open_greenroom.data.root) as greenroom:
        assert isinstance(greenroom._way, RemoteWay)
        listed = greenroom.dispatch({"type": "list-sessions"}).data["sessions"]
    assert [entry["id"] for entry in listed] == [session_id]


def test_where_none_does_everything_runs_here_and_then_no_more(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with library.open(str(data)) as greenroom:
        assert isinstance(greenroom._way, TreeWay)
        asked = {"type": "create-session", "location_path": str(tmp_path), "config": {}}
        made = greenroom.dispatch(asked).data
        with pytest.raises(AlreadyRunning):
            DataDir(data).lock()
    DataDir(data).lock().release()
    with library.open(data) as greenroom:
        found = greenroom.dispatch({"type": "get-session", "session": made["id"]}).data
    assert found["id"] == made["id"]


def test_the_directory_of_the_command_line_is_the_default(tmp_path: Path) -> None:
    environ = {"GREENROOM_HOME": str(tmp_path / "mine"), "PATH": os.environ["PATH"]}
    with library.open(environ=environ) as greenroom:
        assert greenroom.dispatch({"type": "list-sessions"}).data == {"sessions": []}
    assert (tmp_path / "mine" / "workspaces" / "default").is_dir()


def test_terminals_go_on_after_it(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "SHELL": "/bin/sh"}
    asked = {
        "type": "create-session",
        "location_path": str(tmp_path),
        "worker": {"type": "terminal"},
    }

    def pid(session: Any) -> int:
        return int(session["workers"][0]["process"]["pid"])

    try:
        with library.open(tmp_path / "data", environ=environ) as greenroom:
            made = greenroom.dispatch(asked).data
        os.kill(pid(made), 0)
        with library.open(tmp_path / "data", environ=environ) as greenroom:
            found = greenroom.dispatch({"type": "get-session", "session": made["id"]}).data
        assert pid(found) == pid(made)
    finally:
        end_host(DataDir(tmp_path / "data"))


def test_one_who_holds_the_directory_and_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "HOLDER_SECONDS", 0.1)
    held = DataDir(tmp_path / "data")
    lock = held.lock()
    try:
        with pytest.raises(AlreadyRunning, match=str(os.getpid())):
            library.open(held.root)
    finally:
        lock.release()


def test_what_cannot_be_a_data_directory_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(DataDirectoryRefused, match="is not a directory"):
        library.open(path)
    assert path.read_text() == "mine"


def test_a_tree_that_cannot_start_gives_the_directory_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(DataDir, "prepare", fail)
        with pytest.raises(OSError, match="no room"):
            library.open(tmp_path / "data")
    DataDir(tmp_path / "data").lock().release()


def test_importing_it_loads_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys; from actors import library; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(done.stdout.split()) & HEAVY == set()


def test_a_command_that_is_not_answered_in_time_says_so(tmp_path: Path) -> None:
    with library.open(tmp_path / "data") as greenroom:
        way: Any = greenroom._way
        handed: list[Any] = []
        way._tree.gateway.hand_in = lambda raw, _, follow: handed.append(raw)
        with pytest.raises(TimeoutError):
            greenroom.dispatch({"type": "list-sessions"}, 0.01)
        assert handed == [{"type": "list-sessions"}]
