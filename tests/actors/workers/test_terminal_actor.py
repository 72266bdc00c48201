"""Terminals from the request to the process: real shells under a real terminal host."""

import os
import signal
from pathlib import Path

from actors.cli.attach.host_link import HostLink
from actors.terminals import protocol as p
from storage.records import event as e
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import PATIENCE_SECONDS, House, house, pass_time
from tests.peers.processes import alive


def events(greenroom: House, session_id: str, kind: type) -> int:
    return sum(isinstance(event, kind) for event in greenroom.journal(session_id))


# A life in order.


def test_a_shell_takes_input_once_and_shows_its_output(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    text = "echo $((40+2)) >> typed\r"
    answer = greenroom.get("write-input", session=session_id, worker=worker_id, data=text)
    assert answer == {"accepted": len(text)}
    typed = greenroom.place / "typed"
    eventually(lambda: typed.exists() and typed.read_text() == "42\n")
    greenroom.get("write-input", session=session_id, worker=worker_id, data="echo $((1+1))2\r")
    greenroom.shows(session_id, worker_id, "22")
    assert typed.read_text() == "42\n"
    written = [ev for ev in greenroom.journal(session_id) if isinstance(ev, e.InputWritten)]
    assert [event.length for event in written] == [len(text), 15]
    journal = greenroom.data.session("default", session_id) / "journal.jsonl"
    assert b"40+2" not in journal.read_bytes()


def test_many_inputs_at_once_are_typed_in_order_and_each_once(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "stty -echo; echo go; cat"])
    greenroom.shows(session_id, worker_id, "go")
    order = {"type": "write-input", "session": session_id, "worker": worker_id}
    futures = [greenroom.post({**order, "data": f"line {n}\r"}) for n in range(50)]
    assert all(future.result(PATIENCE_SECONDS).ok for future in futures)
    greenroom.shows(session_id, worker_id, "line 49")
    lines = greenroom.output(session_id, worker_id).split()[1:]
    assert lines == [word for n in range(50) for word in ("line", str(n))]


def test_two_workers_of_two_sessions_cross_no_byte(greenroom: House) -> None:
    command = ["sh", "-c", "stty -echo; echo go; cat"]
    made = [greenroom.shell(command=command) for _ in range(2)]
    for session_id, _ in list(made):
        worker = {"type": "terminal", "command": command}
        record = greenroom.get("create-worker", session=session_id, worker=worker)
        made.append((session_id, record["id"]))
    for session_id, worker_id in made:
        greenroom.shows(session_id, worker_id, "go")
    for session_id, worker_id in made:
        text = f"for {worker_id}\r"
        greenroom.get("write-input", session=session_id, worker=worker_id, data=text)
    for session_id, worker_id in made:
        greenroom.shows(session_id, worker_id, worker_id)
        assert greenroom.output(session_id, worker_id).count("for ") == 1


def test_a_resize_reaches_the_program(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(cols=91, rows=31)
    greenroom.get("write-input", session=session_id, worker=worker_id, data="stty size\r")
    greenroom.shows(session_id, worker_id, "31 91")
    size = {"cols": 100, "rows": 40}
    found = greenroom.get("resize-worker", session=session_id, worker=worker_id, **size)
    assert found == size
    greenroom.get("write-input", session=session_id, worker=worker_id, data="stty size\r")
    greenroom.shows(session_id, worker_id, "40 100")


def test_it_gets_the_environment_without_secrets_and_with_what_was_asked(
    tmp_path: Path,
) -> None:
    with house(tmp_path) as greenroom:
        greenroom.environ |= {"MY_API_KEY": "secret", "HELLO": "there"}
        command = ["sh", "-c", "env; echo done; read x"]
        session_id, worker_id = greenroom.shell(command=command, env={"EXTRA": "more"})
        greenroom.shows(session_id, worker_id, "done")
        shown = greenroom.output(session_id, worker_id)
    assert "HELLO=there" in shown
    assert "EXTRA=more" in shown
    assert f"GREENROOM_HOME={greenroom.data.root}" in shown
    assert f"GREENROOM_WORKER={session_id}/{worker_id}" in shown
    assert "secret" not in shown


def test_the_code_of_an_end_in_order_stays_and_nobody_restarts_it(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "echo bye; exit 3"])
    worker = greenroom.becomes(session_id, worker_id, "exited")
    assert (worker.exit.code, worker.exit.signal, worker.exit.cause) == (3, None, "exited")
    assert (worker.process, worker.restarts) == (None, 0)
    assert "bye" in greenroom.output(session_id, worker_id)
    assert greenroom.record(session_id).status == "inactive"
    assert greenroom.refused("write-input", session=session_id, worker=worker_id, data="x") == (
        "worker-not-running"
    )


def test_what_cannot_be_started_is_refused_with_its_reason(greenroom: House) -> None:
    script = greenroom.place / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o700)
    code = greenroom.refused(
        "create-session",
        location_path=str(greenroom.place),
        worker={"type": "terminal", "command": ["./script"]},
    )
    assert code == "spawn-failed"
    assert greenroom.create()["workers"] == []


# What the user wants.


def test_stop_stays_stopped_also_over_a_restart_of_the_daemon(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    asked = {"session": session_id, "worker": worker_id}
    pid = greenroom.worker(session_id, worker_id).process.pid
    stopped = greenroom.get("stop-worker", **asked)
    assert (stopped["status"], stopped["desired"]) == ("stopped", "stopped")
    assert not alive(pid)
    greenroom.again()
    assert greenroom.awake() == set()
    assert greenroom.worker(session_id, worker_id).status == "stopped"
    started = greenroom.get("start-worker", **asked)
    assert (started["status"], started["restarts"]) == ("running", 0)
    assert greenroom.get("start-worker", **asked)["process"] == started["process"]


def test_a_worker_stopped_while_it_waits_for_its_restart_stays_stopped(tmp_path: Path) -> None:
    clock = FakeClock()
    with house(tmp_path, clock=clock) as greenroom:
        session_id, worker_id = greenroom.shell()
        pid = greenroom.worker(session_id, worker_id).process.pid
        os.kill(pid, signal.SIGKILL)
        greenroom.becomes(session_id, worker_id, "exited")
        assert not alive(pid)
        greenroom.get("stop-worker", session=session_id, worker=worker_id)
        eventually(lambda: _waits_no_more(greenroom, clock, session_id, worker_id))
        assert events(greenroom, session_id, e.WorkerStarting) == 0
        assert greenroom.worker(session_id, worker_id).desired == "stopped"
        found = greenroom.get("start-worker", session=session_id, worker=worker_id)
        assert found["status"] == "running"


def _waits_no_more(greenroom: House, clock: FakeClock, session_id: str, worker_id: str) -> bool:
    if greenroom.state("sessions", session_id, worker_id) is not None:
        pass_time(clock, 30.0)
    return greenroom.state("sessions", session_id, worker_id) is None


def test_a_stopped_session_ends_its_processes_and_starts_them_again(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    stopped = greenroom.get("stop-session", session=session_id)
    assert (stopped["status"], stopped["workers"][0]["status"]) == ("inactive", "stopped")
    assert not alive(pid)
    greenroom.again()
    assert greenroom.awake() == set()
    greenroom.get("start-session", session=session_id)
    assert greenroom.becomes(session_id, worker_id, "running").process.pid != pid


def test_a_paused_session_holds_its_processes_and_lets_them_go(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    assert greenroom.get("pause-session", session=session_id)["status"] == "paused"
    eventually(lambda: _state(pid) == "T")
    assert greenroom.get("resume-session", session=session_id)["status"] == "active"
    eventually(lambda: _state(pid) != "T")
    assert greenroom.worker(session_id, worker_id).process.pid == pid
    greenroom.get("pause-session", session=session_id)
    eventually(lambda: _state(pid) == "T")
    greenroom.get("stop-session", session=session_id)
    assert not alive(pid)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_restart_ends_the_process_and_starts_another(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    again = greenroom.get("restart-worker", session=session_id, worker=worker_id)
    assert (again["status"], again["restarts"]) == ("running", 0)
    assert again["process"]["pid"] != pid
    assert not alive(pid)
    whole = greenroom.get("restart-session", session=session_id)
    assert whole["workers"][0]["restarts"] == 0
    assert whole["workers"][0]["status"] == "running"


def test_a_deleted_worker_leaves_neither_process_nor_output(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    greenroom.shows(session_id, worker_id, "$ ")
    pid = greenroom.worker(session_id, worker_id).process.pid
    asked = {"session": session_id, "worker": worker_id}
    assert greenroom.get("delete-worker", **asked) == {"deleted": True}
    assert greenroom.get("delete-worker", **asked) == {"deleted": False}
    assert not alive(pid)
    log = greenroom.data.terminal_log("default", session_id, worker_id)
    eventually(lambda: not log.exists())
    assert greenroom.record(session_id).workers == ()
    eventually(lambda: greenroom.state("sessions", session_id, worker_id) is None)


# While a person types.


def person(greenroom: House, key: str) -> HostLink:
    """Connected to the terminal host, with the lease of that terminal."""
    link = HostLink.connect(greenroom.data.root, "ann", PATIENCE_SECONDS)
    link.send(p.TakeLease(key=key, owner="ann on pts/7"))
    eventually(lambda: any(isinstance(each, p.LeaseTaken) for each in link.receive()))
    return link


def test_input_is_refused_or_waits_while_a_person_types(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "stty -echo; echo go; cat"])
    greenroom.shows(session_id, worker_id, "go")
    link = person(greenroom, f"{session_id}/{worker_id}")
    order = {"session": session_id, "worker": worker_id}
    refused = greenroom.post({"type": "write-input", **order, "data": "now\r"}).result(9).error
    assert refused is not None
    assert (refused.code, "ann on pts/7" in refused.message) == ("input-held", True)
    first = greenroom.post({"type": "write-input", **order, "data": "one\r", "wait_seconds": 60})
    code = greenroom.refused("write-input", **order, data="short\r", wait_seconds=0.05)
    assert code == "input-held"
    second = greenroom.post({"type": "write-input", **order, "data": "two\r", "wait_seconds": 60})
    link.close()
    assert first.result(PATIENCE_SECONDS).ok
    assert second.result(PATIENCE_SECONDS).ok
    greenroom.shows(session_id, worker_id, "two")
    assert greenroom.output(session_id, worker_id).split()[1:] == ["one", "two"]


def test_input_that_waits_is_refused_when_the_terminal_ends(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "echo go; cat"])
    greenroom.shows(session_id, worker_id, "go")
    link = person(greenroom, f"{session_id}/{worker_id}")
    order = {"type": "write-input", "session": session_id, "worker": worker_id}
    waiting = greenroom.post({**order, "data": "never\r", "wait_seconds": 60})
    greenroom.get("stop-worker", session=session_id, worker=worker_id)
    refused = waiting.result(PATIENCE_SECONDS).error
    assert refused is not None
    assert refused.code in {"worker-not-running", "outcome-unknown"}
    link.close()
