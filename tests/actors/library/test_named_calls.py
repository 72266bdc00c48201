"""Sessions and workers by name, with a daemon, without one, and beside a repository alone."""

import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actors import library
from actors.library import Greenroom, Refused, WorkerCallbacks
from actors.terminals import host_files
from actors.terminals.connection import HostConnection
from actors.terminals.protocol import Detach
from storage.records.request import CreateSession, CreateWorkerRequest
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House, demo_server
from tests.fakes.repositories import Repository

CAT = {"type": "terminal", "command": ["cat"]}


@pytest.fixture
def client(open_greenroom: House) -> Iterator[Greenroom]:
    with library.open(open_greenroom.data.root) as greenroom:
        yield greenroom


class Hearing:
    """What callbacks were told."""

    def __init__(self) -> None:
        self.output = b""
        self.offsets: list[int] = []
        self.exits: list[tuple[int | None, int | None]] = []
        self.activities: list[Any] = []
        self.reasons: list[str] = []
        self.callbacks = WorkerCallbacks(
            self._output, self._exit, self.activities.append, self.reasons.append
        )

    def _output(self, data: bytes, offset: int) -> None:
        assert offset == (self.offsets[-1] if self.offsets else offset)
        self.output += data
        self.offsets.append(offset + len(data))

    def _exit(self, code: int | None, number: int | None) -> None:
        self.exits.append((code, number))

    def sees(self, text: bytes) -> None:
        eventually(lambda: text in self.output, seconds=PATIENCE_SECONDS)


def refused(call: Any, *given: Any, **more: Any) -> str:
    with pytest.raises(Refused) as problem:
        call(*given, **more)
    assert str(problem.value)
    return problem.value.code


def test_sessions_have_their_names(client: Greenroom, open_greenroom: House) -> None:
    place = str(open_greenroom.place)
    one = client.create_session(CreateSession(location_path=place, metadata={"mine": 1}))
    two = client.create_session({"location_path": place, "title": "two", "worker": CAT})
    assert [each["id"] for each in client.get_all_sessions()] == [one["id"], two["id"]]
    assert client.get_session("two") == client.get_session(two["id"])
    assert (client.get_session("nobody"), client.get_session_metadata("nobody")) == (None, None)
    assert client.get_session_metadata(one["id"]) == {"mine": 1}
    again = client.restart_session("two")
    assert again["workers"][0]["process"] != two["workers"][0]["process"]
    assert client.cleanup_orphan_processes().keys() == {"ended", "left"}
    assert (client.delete_session("two"), client.delete_session("two")) == (True, False)
    assert refused(client.restart_session, "nobody") == "session-not-found"
    assert refused(client.create_session, {"location_path": "/no/such/place"}) == "bad-location"


def test_what_happened_has_its_name(client: Greenroom, open_greenroom: House) -> None:
    made = client.create_session({"location_path": str(open_greenroom.place), "title": "one"})
    open_greenroom.get("update-session", session=made["id"], updates={"title": "two"})
    page = client.get_events("two", 1, 10)
    assert (page["next"], page["end"]) == (2, 2)
    (event,) = page["events"]
    assert (event["n"], event["type"]) == (2, "session-updated")
    assert refused(client.get_events, "nobody") == "session-not-found"


def test_directories_have_their_names(
    client: Greenroom, open_greenroom: House, tmp_path: Path
) -> None:
    place = Repository(tmp_path / "home").place
    client.create_session({"location_path": str(place), "title": "git"})
    (place / "new").write_text("x\n")
    look = client.get_worktree("git")
    assert (look["location"], look["branch"], look["untracked"]) == ("there", "main", 1)
    assert "+x" in client.get_diff("git")["text"]
    (file,) = client.get_diff("git", "files")["files"]
    assert file["hunks"][0]["lines"] == [{"kind": "+", "text": "x", "has_end": True}]
    assert client.get_diff("git", "text", 1)["is_cut"] is True
    client.create_session({"location_path": str(tmp_path), "title": "plain"})
    assert refused(client.get_diff, "plain") == "not-in-git"
    assert refused(client.get_worktree, "nobody") == "session-not-found"


def test_permissions_have_their_names(client: Greenroom, open_greenroom: House) -> None:
    script = [
        {"when": "add", "reply": [{"tool": "demo.add", "parameters": {"a": 2, "b": 3}}]},
        {"when": "denied", "reply": [{"text": "Then not."}]},
    ]
    open_greenroom.converse(script, **demo_server(auto_approve=False))
    place = str(open_greenroom.place)
    made = client.create_session({"location_path": place, "config": {}, "prompt": "add"})
    eventually(lambda: client.list_permissions(made["id"]), seconds=PATIENCE_SECONDS)
    (asked,) = client.list_permissions()
    answered = client.answer_permission(asked["id"], "deny")
    assert (answered["state"], answered["answered_by"]) == ("denied", "control-socket")
    assert refused(client.answer_permission, asked["id"], "allow") == "permission-answered"
    assert refused(client.list_permissions, "nobody") == "session-not-found"


def test_timers_have_their_names(client: Greenroom, open_greenroom: House) -> None:
    place = str(open_greenroom.place)
    session_id = client.create_session({"location_path": place, "config": {}})["id"]
    late = client.set_timer(session_id, "late", at=datetime.now(UTC) + timedelta(days=1))
    soon = client.set_timer(session_id, "soon", in_seconds=3600)
    listed = client.list_timers(session_id)
    assert [one["timer_id"] for one in listed] == [soon["timer_id"], late["timer_id"]]
    assert client.cancel_timer(session_id, soon["timer_id"])["cancelled"] is True
    assert refused(client.cancel_timer, session_id, soon["timer_id"]) == "timer-not-found"
    assert refused(client.set_timer, session_id, "when?") == "bad-request"


def test_workers_have_their_names(client: Greenroom, open_greenroom: House) -> None:
    session_id = client.create_session({"location_path": str(open_greenroom.place)})["id"]
    made = client.create_worker(session_id, CreateWorkerRequest(type="terminal", command=("cat",)))
    where = session_id, made["id"]
    assert client.get_worker(*where) == made
    assert client.get_worker(session_id, "nobody") is None
    assert refused(client.get_worker, "nobody", "x") == "session-not-found"
    client.resize_worker(*where, cols=100, rows=40)
    assert client.write_worker_input(*where, "hello\r") == 6
    eventually(lambda: client.get_worker_output_buffer(*where).count("hello") == 2)
    assert client.get_worker_activity_state(*where) in {"unknown", "active", "idle"}
    assert (client.delete_worker(*where), client.delete_worker(*where)) == (True, False)
    assert refused(client.write_worker_input, *where, "x") == "worker-not-found"
    wrong = {"type": "terminal", "command": ["/no/such/program"]}
    assert refused(client.create_worker, session_id, wrong) == "spawn-failed"


def test_who_is_attached_hears_every_byte_once_and_the_end(
    client: Greenroom, open_greenroom: House
) -> None:
    command = ["sh", "-c", "echo before; read x; seq 20000; exit 3"]
    where = open_greenroom.shell(command=command)
    open_greenroom.shows(*where, "before")
    whole, late = Hearing(), Hearing()
    client.attach_worker(*where, whole.callbacks, from_offset=0)
    client.attach_worker(*where, late.callbacks)
    whole.sees(b"before")
    client.write_worker_input(*where, "\r")
    eventually(lambda: whole.exits and late.exits, seconds=PATIENCE_SECONDS)
    assert (whole.exits, late.exits) == ([(3, None)], [(3, None)])
    numbers = b"".join(b"%d\r\n" % number for number in range(1, 20001))
    assert whole.output.endswith(numbers)
    assert late.output.endswith(numbers)
    assert b"before" not in late.output
    assert (whole.reasons, client.detach_worker(*where)) == ([], False)
    assert refused(client.attach_worker, *where, late.callbacks) == "worker-not-running"


def test_it_is_told_what_the_program_does(client: Greenroom, open_greenroom: House) -> None:
    where = open_greenroom.shell(command=["cat"])
    other = open_greenroom.shell(command=["cat"])
    heard = Hearing()
    client.attach_worker(*where, heard.callbacks)
    eventually(lambda: client.get_worker_activity_state(*other) == "idle", seconds=20)
    client.write_worker_input(*where, "x\r")
    eventually(lambda: client.get_worker_activity_state(*where) == "idle", seconds=20)
    open_greenroom.get("stop-worker", session=where[0], worker=where[1])
    eventually(lambda: heard.exits)
    assert heard.activities
    assert all(each is None or each["source"] == "screen" for each in heard.activities)


def test_it_goes_on_while_the_daemon_is_away_and_ends_when_asked(
    client: Greenroom, open_greenroom: House
) -> None:
    where = open_greenroom.shell(command=["cat"])
    heard = Hearing()
    client.attach_worker(*where, heard.callbacks)
    open_greenroom.again()
    eventually(lambda: client.get_worker(*where), seconds=PATIENCE_SECONDS)
    eventually(lambda: open_greenroom.state("sessions", *where) == "running", seconds=20)
    open_greenroom.get("write-input", session=where[0], worker=where[1], data="still\r")
    heard.sees(b"still")
    assert client.detach_worker(*where)
    assert not client.detach_worker(*where)
    open_greenroom.get("write-input", session=where[0], worker=where[1], data="unheard\r")
    open_greenroom.shows(*where, "unheard\r\nunheard")
    assert b"unheard" not in heard.output
    assert (heard.exits, heard.reasons) == ([], [])


def test_it_is_told_when_others_end_it_or_the_host_goes(
    client: Greenroom, open_greenroom: House
) -> None:
    where = open_greenroom.shell(command=["cat"])
    sent_away, bereft = Hearing(), Hearing()
    client.attach_worker(*where, sent_away.callbacks)
    host = HostConnection.connect(open_greenroom.data.root)
    host.send(Detach(key="/".join(where), by="ann"))
    eventually(lambda: sent_away.reasons == ["detached by ann"])
    host.close()
    client.attach_worker(*where, bereft.callbacks)
    found = host_files.recorded_host(open_greenroom.data.root)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    eventually(lambda: bereft.reasons, seconds=PATIENCE_SECONDS)
    assert "the terminal host is gone" in bereft.reasons[0]


def test_a_callback_that_raises_hurts_nobody(client: Greenroom, open_greenroom: House) -> None:
    where = open_greenroom.shell(command=["sh", "-c", "read x; echo done"])
    heard, ended = Hearing(), threading.Event()

    def fail(*_: object) -> None:
        raise SystemExit("a callback's own fault")

    client.attach_worker(*where, WorkerCallbacks(output=fail, exit=lambda *_: ended.set()))
    client.attach_worker(*where, heard.callbacks)
    client.write_worker_input(*where, "\r")
    assert ended.wait(PATIENCE_SECONDS)
    heard.sees(b"done")


def test_without_terminals_it_is_said(client: Greenroom, open_greenroom: House) -> None:
    talk = open_greenroom.create(worker={"type": "conversation"})
    place = talk["id"], "conversation-1"
    assert refused(client.attach_worker, *place, WorkerCallbacks()) == "not-a-terminal"
    with library.open(repository=library.MemorySessionRepository()) as alone:
        assert refused(alone.attach_worker, "s", "w", WorkerCallbacks()) == "not-available"
        made = alone.create_session({"location_path": "/"})
        assert alone.get_all_sessions()[0]["id"] == made["id"]
        assert refused(alone.create_worker, made["id"], CAT) == "not-available"


def test_without_a_daemon_the_same_is_done_in_this_process(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "SHELL": "/bin/sh"}
    with library.open(tmp_path / "data", environ=environ) as greenroom:
        session_id = greenroom.create_session({"location_path": str(tmp_path)})["id"]
        worker_id = greenroom.create_worker(session_id, CAT)["id"]
        heard = Hearing()
        greenroom.attach_worker(session_id, worker_id, heard.callbacks)
        greenroom.write_worker_input(session_id, worker_id, "hello\r\x04")
        eventually(lambda: heard.exits == [(0, None)], seconds=PATIENCE_SECONDS)
        assert heard.output == b"hello\r\nhello\r\n"
        assert greenroom.delete_session(session_id)
