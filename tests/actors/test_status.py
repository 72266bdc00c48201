import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from actors.messages.terminals import HostDescription
from actors.status import StatusReport, version
from actors.terminals import host_files
from storage import codec
from storage.records.worker import Activity
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House
from tests.peers.processes import alive

Shape = Any
"""A type, or a mapping of names to shapes, or a list of the shape of its items."""

TREE = {
    "name": str,
    "kind": str,
    "state": str,
    "restarts": int,
    "last_error": str,
    "children": [dict],
}
WORKER = {
    "id": str,
    "name": str,
    "type": str,
    "status": str,
    "desired": str,
    "restarts": int,
    "process": {"pid": int, "memory_bytes": int, "cpu_percent": float, "processes": int},
    "writer": {"owner": str, "since": str},
    "watchers": int,
    "exit": {"code": int, "signal": int, "at": str},
    "activity": {"state": str, "source": str, "since": str, "text": str},
}
STATUS = {
    "daemon": {"state": str, "pid": int, "version": str, "started_at": str, "data": str},
    "store": {
        "state": str,
        "not_durable": [{"session_id": str, "reason": str}],
        "quarantined": [{"session_id": str, "reason": str}],
        "rejected_edits": [{"at": str, "path": str, "reason": str}],
    },
    "tree": TREE,
    "sessions": [
        {
            "id": str,
            "title": str,
            "type": str,
            "status": str,
            "desired": str,
            "location": str,
            "activity": {"state": str, "source": str, "since": str, "worker": str, "name": str},
            "workers": [WORKER],
        }
    ],
    "inbox": {
        "waiting": int,
        "running": int,
        "answered": int,
        "rejected": int,
        "ignored": int,
        "problems": [str],
    },
    "permissions": [dict],
    "http": {"url": str, "state": str},
    "keeper": {"pid": int},
    "terminal_host": {"pid": int, "terminals": int},
}
"""As in the specification; what is there besides is for people."""


def fits(value: Any, shape: Shape, where: str = "$") -> None:
    if value is None:
        return
    if isinstance(shape, Mapping):
        assert isinstance(value, dict), where
        assert shape.keys() <= value.keys(), (where, shape.keys() - value.keys())
        for name, inner in shape.items():
            fits(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for item in value:
            fits(item, shape[0], f"{where}[]")
    else:
        assert isinstance(value, (int, float) if shape is float else shape), (where, value)


def status(greenroom: House) -> Any:
    return greenroom.get("get-status")


def test_its_shape_stays(greenroom: House) -> None:
    shell, _ = greenroom.shell()
    ended, of_ended = greenroom.shell(command=["sh", "-c", "exit 3"])
    greenroom.create(worker={"type": "conversation"})
    greenroom.becomes(ended, of_ended, "exited")
    found = status(greenroom)
    fits(found, STATUS)
    assert (found["daemon"]["state"], found["daemon"]["pid"]) == ("running", os.getpid())
    assert found["daemon"]["data"] == str(greenroom.data.root)
    assert found["store"] | {"problems": []} == {
        "state": "ok",
        "problems": [],
        "not_durable": [],
        "quarantined": [],
        "rejected_edits": [],
    }
    by_id = {session["id"]: session for session in found["sessions"]}
    (worker,) = by_id[shell]["workers"]
    assert worker["process"]["memory_bytes"] > 0
    assert (worker["type"], worker["status"], worker["exit"]) == ("terminal", "running", None)
    (worker,) = by_id[ended]["workers"]
    assert (worker["process"], worker["activity"], worker["exit"]["code"]) == (None, None, 3)


def test_the_tree_is_that_of_the_architecture(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    tree = status(greenroom)["tree"]
    assert (tree["name"], tree["kind"], tree["state"]) == ("supervisor", "supervisor", "running")
    names = [child["name"] for child in tree["children"]]
    assert names == ["recorder", "io_loop", "terminal_link", "sessions", "mcp_servers", "orphans"]
    (session,) = tree["children"][3]["children"]
    assert (session["name"], session["kind"]) == (session_id, "supervisor")
    assert [child["name"] for child in session["children"]] == [worker_id]


def test_a_workers_restarts_are_the_same_in_both_places(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    os.kill(greenroom.worker(session_id, worker_id).process.pid, signal.SIGKILL)
    eventually(lambda: greenroom.worker(session_id, worker_id).restarts == 1, seconds=20)
    greenroom.becomes(session_id, worker_id, "running")
    greenroom.again()
    greenroom.becomes(session_id, worker_id, "running")
    eventually(lambda: greenroom.state("sessions", session_id, worker_id) == "running")
    found = status(greenroom)
    node = found["tree"]["children"][3]["children"][0]["children"][0]
    assert node["restarts"] == found["sessions"][0]["workers"][0]["restarts"] == 1


def test_the_host_is_described_while_there_is_one(greenroom: House) -> None:
    assert status(greenroom)["terminal_host"] == {"pid": None, "terminals": 0, "problem": None}
    greenroom.shell()
    host = host_files.recorded_host(greenroom.data.root)
    assert host is not None
    assert status(greenroom)["terminal_host"] == {
        "pid": host.pid,
        "terminals": 1,
        "problem": None,
    }


def test_a_link_that_does_not_answer_holds_nothing_up(greenroom: House) -> None:
    around = greenroom.room.around
    report = StatusReport(around, greenroom.room.board, keeper_pid=lambda: 77)
    ref = around.terminals.ref
    assert ref is not None
    ref.stop()
    assert report._host() == HostDescription(None, 0)
    around.terminals.ref = None
    found = codec.builtins(report.make())
    assert found["terminal_host"] == {"pid": None, "terminals": 0, "problem": None}
    assert found["keeper"] == {"pid": 77}


def test_the_problem_of_a_workspace_is_shown_until_it_is_mended(greenroom: House) -> None:
    good = {"name": "default", "problem": None}
    assert status(greenroom)["workspaces"] == [{**good, "in_force": "defaults"}]
    greenroom.data.workspace_file("default").write_text('{"models": 7}')
    (found,) = status(greenroom)["workspaces"]
    assert found["in_force"] == "nothing"
    assert "workspace.json" in found["problem"]
    assert "are refused" in found["problem"]
    greenroom.write_workspace({})
    assert status(greenroom)["workspaces"] == [{**good, "in_force": "file"}]
    greenroom.data.workspace_file("default").write_text('{"models": 7}')
    (found,) = status(greenroom)["workspaces"]
    assert found["in_force"] == "last-good"
    assert found["problem"].endswith("(the last good one stays in force)")


def test_refused_edits_are_shown_for_a_day(greenroom: House) -> None:
    rejected = greenroom.data.rejected
    for name in ("sessions.json", "sessions-2.json", "sessions-3.json", "other.json"):
        (rejected / name).touch()
    (rejected / "sessions.json.why.json").write_text('{"reason": "edited"}')
    (rejected / "sessions-2.json.why.json").write_text('{"reason": "long ago"}')
    (rejected / "sessions-3.json.why.json").write_text("not json")
    (rejected / "other.json.why.json").write_text('{"reason": "a request"}')
    yesterday = time.time() - 90_000
    os.utime(rejected / "sessions-2.json.why.json", (yesterday, yesterday))
    (found,) = status(greenroom)["store"]["rejected_edits"]
    assert (found["path"], found["reason"]) == (str(rejected / "sessions.json"), "edited")
    assert datetime.fromisoformat(found["at"]) <= datetime.now(UTC)


def test_a_projection_that_cannot_be_written_degrades_the_store(greenroom: House) -> None:
    revisions = greenroom.data.workspace("default") / ".revisions.jsonl"
    revisions.unlink(missing_ok=True)
    revisions.mkdir()
    greenroom.create()
    eventually(lambda: status(greenroom)["store"]["state"] == "degraded")
    assert status(greenroom)["store"]["problems"]
    revisions.rmdir()
    greenroom.create()
    eventually(lambda: status(greenroom)["store"]["state"] == "ok")


def test_there_is_a_version() -> None:
    assert version()[0].isdigit()


BUSY = (
    "import os, subprocess, sys, time\n"
    "loop = 'import time; kept = bytearray(40 << 20)\\nwhile time.monotonic() < %f: pass'\n"
    "burn = [sys.executable, '-c', loop % (time.monotonic() + 60)]\n"
    "print('burns as', subprocess.Popen(burn, env={}, start_new_session=True).pid, flush=True)\n"
    "subprocess.Popen(['sleep', '1000'])\n"
    "time.sleep(1000)\n"
)


def test_a_worker_is_all_its_processes_wherever_they_went(greenroom: House) -> None:
    """One that burns has a cleared environment and a session of its own."""
    command = [sys.executable, "-c", BUSY]
    session_id, worker_id = greenroom.shell(command=command)

    def process() -> Any:
        (session,) = status(greenroom)["sessions"]
        return session["workers"][0]["process"] or {}

    eventually(lambda: process().get("processes") == 3, seconds=PATIENCE_SECONDS)
    eventually(lambda: process()["memory_bytes"] > 40 << 20, seconds=PATIENCE_SECONDS)
    eventually(lambda: process()["cpu_percent"] > 5, seconds=PATIENCE_SECONDS)
    assert process()["pid"] == greenroom.worker(session_id, worker_id).process.pid
    burning = int(greenroom.output(session_id, worker_id).split("burns as ")[1].split()[0])
    assert alive(burning)
    greenroom.get("stop-worker", session=session_id, worker=worker_id)
    eventually(lambda: process() == {})
    eventually(lambda: not alive(burning), seconds=PATIENCE_SECONDS)


def test_a_session_does_what_its_most_pressing_worker_does(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    greenroom.get("create-worker", session=session_id, worker={"type": "conversation"})
    eventually(lambda: status(greenroom)["sessions"][0]["activity"])
    key = f"{session_id}/{worker_id}"
    asking = Activity(state="asking", source="hook", since=datetime.now(UTC), text="May I?")
    greenroom.room.around.tell_activity(key, asking)
    (session,) = status(greenroom)["sessions"]
    (listed,) = greenroom.get("list-sessions")["sessions"]
    for found in (session["activity"], listed["activity"]):
        assert (found["state"], found["source"], found["text"]) == ("asking", "hook", "May I?")
        assert (found["worker"], found["name"]) == (worker_id, "terminal-1")
    greenroom.get("stop-session", session=session_id)
    eventually(lambda: no_program(status(greenroom)["sessions"][0]["activity"]))


def no_program(activity: Any) -> bool:
    return activity is None or activity["source"] == "protocol"


def test_a_sweeper_that_is_gone_holds_nothing_up(greenroom: House) -> None:
    greenroom.becomes(*greenroom.shell(), "running")
    around = greenroom.room.around
    report = StatusReport(around, greenroom.room.board, keeper_pid=lambda: None)
    around.orphans.ref = None
    (session,) = codec.builtins(report.make())["sessions"]
    process = session["workers"][0]["process"]
    assert process["pid"]
    assert (process["memory_bytes"], process["processes"]) == (None, None)
