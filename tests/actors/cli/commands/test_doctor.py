"""doctor on real files, whole and damaged; with a daemon, without one, and with one that hangs."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.cli.doctor import running
from actors.cli.main import version
from actors.process_table import boot_id, look_up
from actors.terminals import host_files
from storage.journal.frame import Header, encode_header
from storage.records.process import ProcessIdentity
from storage.trash import move_to_trash
from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import yes
from tests.actors.cli.store import Store
from tests.storage.histories import START
from tests.storage.listing import listed

ONE, OTHER = "abcdefghijkl", "mnopqrstuvwx"
Checks = Callable[[int], list[dict[str, Any]]]


@pytest.fixture
def store(data: Path) -> Store:
    made = Store(data)
    made.add(ONE, 4)
    made.add(OTHER, 3)
    made.write_sessions_file()
    return made


@pytest.fixture
def checks(run: Run) -> Checks:
    """The findings of a run that must end with this status."""

    def look(status: int) -> list[dict[str, Any]]:
        outcome = run("doctor", "--json")
        answer = json.loads(outcome.out)
        assert (outcome.status, outcome.err, answer["ok"]) == (status, "", status == 0)
        found: list[dict[str, Any]] = answer["data"]["checks"]
        assert answer["data"]["problems"] == sum(each["state"] == "problem" for each in found)
        return found

    return look


def problems(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in found if each["state"] == "problem"]


def of(found: list[dict[str, Any]], check: str) -> dict[str, Any]:
    (row,) = [each for each in found if each["check"] == check]
    return row


def daemon_status(**more: Any) -> dict[str, Any]:
    daemon = {"pid": os.getpid(), "version": version(), "started_at": "2026-11-21T05:40:12Z"}
    return {
        "daemon": daemon,
        "keeper": {"pid": 7},
        "terminal_host": {"pid": 8, "terminals": 2},
        "store": {"state": "ok"},
        **more,
    }


def test_a_healthy_directory_has_no_problem(store: Store, checks: Checks) -> None:
    found = checks(0)
    assert of(found, "journals")["text"].startswith("2 sessions whole")
    assert of(found, "daemon")["state"] == "note"
    assert of(found, "daemon")["next"] == "greenroom start"
    others = [each for each in found if each["check"] != "daemon"]
    assert {each["state"] for each in others} == {"ok"}


def test_whoever_is_given_up_is_a_problem(store: Store, checks: Checks, serve: Serve) -> None:
    server = {"name": "mcp:mute", "state": "quarantined", "last_error": "it says nothing"}
    tree = {"name": ONE, "children": [server]}
    sessions = [{"id": ONE, "title": "talk"}]
    listed = [{"session_id": ONE, "workspace": "other", "name": "mute"}]
    told = daemon_status(tree=tree, sessions=sessions, mcp_servers=listed)
    serve(yes(told))
    row = of(checks(1), "tree")
    who = "tool server mute of session talk"
    text = f"{who} is given up: it says nothing; it is tried again every minute"
    assert (row["state"], row["text"]) == ("problem", text)
    log = f"workspaces/other/sessions/{ONE}/mcp-mute.log"
    assert row["next"] == f"read {store.data.root}/{log}"


def test_the_lines_say_what_to_do(store: Store, run: Run) -> None:
    store.damage(ONE, 2)
    outcome = run("doctor")
    assert outcome.status == 1
    assert f"do: greenroom salvage {ONE}" in outcome.out
    assert outcome.out.splitlines()[-2].startswith("1 problem, ")


def test_nothing_is_changed(store: Store, run: Run) -> None:
    with store.journal(OTHER).open("ab") as journal:
        journal.write(b"half")
    before = {path: path.stat().st_mtime_ns for path in store.data.root.rglob("*")}
    run("doctor")
    assert {path: path.stat().st_mtime_ns for path in store.data.root.rglob("*")} == before


def test_no_directory_is_one_line(run: Run, data: Path) -> None:
    outcome = run("doctor")
    assert (outcome.status, len(outcome.err.splitlines())) == (1, 1)
    assert "greenroom start" in outcome.err


def test_a_damaged_journal_is_named_with_file_offset_and_number(
    store: Store, checks: Checks
) -> None:
    offset = store.damage(ONE, 2)
    (found,) = problems(checks(1))
    assert found["check"] == "journals"
    assert f"default/{ONE}" in found["text"]
    assert f"number 2 at byte {offset}" in found["text"]
    assert found["next"] == f"greenroom salvage {ONE}"


def test_a_later_greenroom_s_journal_is_not_to_be_salvaged(store: Store, checks: Checks) -> None:
    path = store.journal(ONE)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[0] = encode_header(Header(format=9, session=ONE, workspace="default", at=START))
    path.write_bytes(b"".join(lines))
    (found,) = problems(checks(1))
    assert "format 9" in found["text"]
    assert found["next"] is None


def test_a_torn_tail_is_no_problem(store: Store, checks: Checks) -> None:
    with store.journal(ONE).open("ab") as journal:
        journal.write(b'{"n":5,"sy')
    notes = [each for each in checks(0) if each["state"] == "note"]
    assert any("half a line at its end" in each["text"] for each in notes)


def test_a_journal_that_is_gone_is_a_problem_unless_it_lies_in_the_trash(
    store: Store, checks: Checks
) -> None:
    move_to_trash(store.data, "default", ONE, 4)
    assert problems(checks(0)) == []
    store.journal(OTHER).unlink()
    (found,) = problems(checks(1))
    assert f"session {OTHER} has no journal any more" in found["text"]


def test_a_number_that_a_request_was_answered_with_must_be_there(
    store: Store, checks: Checks
) -> None:
    store.answer(ONE, 9)
    (found,) = problems(checks(1))
    assert "number 9 was confirmed" in found["text"]


def test_a_requests_journal_that_is_damaged_is_a_problem(store: Store, checks: Checks) -> None:
    path = store.answer(ONE, 4)
    path.write_bytes(path.read_bytes().replace(b'"at"', b'"aT"', 1))
    assert [each["check"] for each in problems(checks(1))] == ["requests"]


def test_a_day_of_requests_that_was_set_aside_is_told(store: Store, checks: Checks) -> None:
    for name in ("2026-11-20.damaged", "2026-11-20.damaged.2", "2026-11-19.too-new"):
        (store.data.requests / name).write_text("what could not be read")
    notes = [each for each in checks(0) if each["check"] == "requests"]
    assert [each["state"] for each in notes] == ["note"] * 3


@pytest.mark.parametrize(
    "content", ["", "[", '{"version": 1, "revision": 1, "digest": "sha256:x"}']
)
def test_a_sessions_file_that_is_no_evidence_is_a_note(
    store: Store, checks: Checks, content: str
) -> None:
    store.data.sessions_file("default").write_text(content)
    states = {each["state"] for each in checks(0) if each["check"] == "sessions.json"}
    assert states == {"note"}


@pytest.mark.parametrize("way", ["link", "wide", "file"])
def test_directories_are_ours_alone(store: Store, checks: Checks, way: str) -> None:
    trash = store.data.trash("default")
    if way == "wide":
        trash.chmod(0o755)
        assert of(checks(0), "data directory")["next"] == f"chmod 700 {trash}"
        return
    trash.rmdir()
    if way == "link":
        trash.symlink_to("/tmp")
    else:
        trash.write_text("no directory")
    assert str(trash) in of(checks(1), "data directory")["text"]


def test_what_the_inbox_never_takes_does_not_wait(store: Store, checks: Checks) -> None:
    for name in ("job.json", ".hidden.json", "note.txt"):
        (store.data.inbox / name).write_text("{}")
    assert of(checks(0), "inbox")["text"] == "1 waiting, 0 being worked on"


def test_what_waits_was_refused_or_is_left_over_is_told(store: Store, checks: Checks) -> None:
    data = store.data
    (data.claimed / "7-job.json").write_text("{}")
    (data.workspace("default") / ".edits").mkdir(exist_ok=True)
    (data.workspace("default") / ".edits" / "sessions-1.json").write_text("{}")
    (data.rejected / "bad.json").write_text("{")
    (data.rejected / "bad.json.why.json").write_text("{}")
    (data.session("default", ONE) / "journal.torn-5").write_text("half")
    (data.trash("default") / ".purging-abc-1").mkdir()
    old = data.session("default", ONE) / "journal.jsonl.tmp"
    old.write_text("half")
    for path in (old, data.trash("default") / ".purging-abc-1"):
        os.utime(path, (0, 0))
    found = checks(0)
    assert "1 request taken and not answered" in of(found, "inbox")["text"]
    assert "1 edit of sessions.json" in of(found, "edits")["text"]
    assert "bad.json" in of(found, "rejected")["text"]
    kept, half = [each["text"] for each in found if each["check"] == "leftovers"]
    assert kept.startswith("1 file kept of damaged journals")
    assert half.startswith("2 half made or half removed")
    assert listed(data.trash("default")) == [".purging-abc-1"]


def test_the_trash_is_measured(store: Store, checks: Checks) -> None:
    move_to_trash(store.data, "default", ONE, 4)
    assert of(checks(0), "trash")["text"].startswith("1 deleted session, ")


def test_a_daemon_that_is_well(store: Store, serve: Serve, checks: Checks) -> None:
    serve(yes(daemon_status()))
    found = checks(0)
    assert of(found, "daemon")["state"] == "ok"
    assert of(found, "keeper")["text"] == "pid 7"
    assert of(found, "terminal host")["text"] == "pid 8, 2 terminals"
    assert of(found, "store")["text"] == "takes changes"
    assert "the daemon has" in of(found, "open files")["text"]


def test_what_the_daemon_says_of_its_store_is_a_problem(
    store: Store, serve: Serve, checks: Checks
) -> None:
    quarantined = [{"session_id": ONE, "reason": "damaged"}]
    serve(
        yes(
            daemon_status(
                store={
                    "state": "degraded",
                    "problems": ["no space left"],
                    "quarantined": quarantined,
                    "not_durable": [{"session_id": OTHER, "reason": "no space left"}],
                },
                keeper=None,
                terminal_host={"pid": None, "terminals": 0},
                workspaces=[{"name": "default", "problem": "workspace.json: line 3"}],
            )
        )
    )
    found = checks(1)
    texts = [each["text"] for each in problems(found)]
    assert texts == [
        "no space left",
        f"session {ONE} is quarantined: damaged",
        "workspace default: workspace.json: line 3",
    ]
    assert of(found, "keeper")["state"] == "note"


def test_a_terminal_host_that_is_not_wanted_yet_is_no_fault(
    store: Store, serve: Serve, checks: Checks
) -> None:
    serve(yes(daemon_status(terminal_host={"pid": None, "terminals": 0})))
    found = of(checks(0), "terminal host")
    assert (found["state"], found["text"].split(";")[0]) == ("ok", "none runs")


def test_a_terminal_host_that_does_not_answer_the_daemon_is_a_problem(
    store: Store, serve: Serve, checks: Checks
) -> None:
    silent = {"pid": 8, "terminals": 2, "problem": "the terminal host (pid 8) does not answer"}
    serve(yes(daemon_status(terminal_host=silent)))
    found = of(checks(1), "terminal host")
    assert (found["state"], found["text"]) == ("problem", silent["problem"])


def test_a_terminal_host_that_lives_and_does_not_answer_is_a_note(
    store: Store, serve: Serve, checks: Checks
) -> None:
    pid = os.getpid()
    ourselves = look_up(pid)
    assert ourselves is not None
    host = ProcessIdentity(boot_id=boot_id(), pid=pid, start_ticks=ourselves.start_ticks, nonce="n")
    host_files.write_identity(store.data.root, host)
    serve(yes(daemon_status(terminal_host={"pid": None, "terminals": 0})))
    found = of(checks(0), "terminal host")
    assert (found["state"], found["text"]) == ("note", f"pid {pid} does not answer")


def test_a_daemon_of_another_version_is_a_note(store: Store, serve: Serve, checks: Checks) -> None:
    status = daemon_status()
    serve(yes({**status, "daemon": {**status["daemon"], "version": "0.0.1"}}))
    assert of(checks(0), "daemon")["next"] == "greenroom restart"


@pytest.fixture
def held(data: Path) -> Iterator[None]:
    """Somebody has the directory and does not listen."""
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def test_a_daemon_that_does_not_answer_is_a_problem(
    store: Store, held: None, checks: Checks
) -> None:
    (found,) = problems(checks(1))
    assert found["check"] == "daemon"
    assert "greenroom stop" in found["next"]


def test_a_directory_that_cannot_be_read_is_a_problem_and_the_rest_is_told(
    store: Store, checks: Checks
) -> None:
    sessions = store.data.sessions("default")
    moved = sessions.with_name("elsewhere")
    sessions.rename(moved)
    sessions.write_text("a file")
    found = checks(1)
    checked = {each["check"] for each in problems(found)}
    assert checked == {"data directory", "sessions.json", "journals"}
    assert of(found, "trash")["state"] == "ok"


def test_few_watches_and_no_such_system(
    store: Store, checks: Checks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "INOTIFY", tmp_path)
    assert of(checks(0), "inotify")["state"] == "ok"
    (tmp_path / "max_user_instances").write_text("8\n")
    (tmp_path / "max_user_watches").write_text("100\n")
    assert of(checks(0), "inotify")["state"] == "note"


@pytest.mark.parametrize(("free", "state"), [(1 << 20, "problem"), (100 << 20, "note")])
def test_a_disk_that_is_full_or_nearly(
    store: Store, checks: Checks, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    found = of(checks(1 if state == "problem" else 0), "free space")
    assert found["state"] == state


ORPHAN = {"pid": 4711, "name": "sleep", "worker": "s/w", "kind": "listed", "why": "it is stopped"}


def test_what_workers_left_behind_is_shown(store: Store, serve: Serve, checks: Checks) -> None:
    serve(yes(daemon_status(orphans={"found": [ORPHAN], "ended": []})))
    row = of(checks(0), "orphans")
    assert (row["state"], row["next"]) == ("note", "greenroom doctor --fix ends them")
    assert row["text"] == "sleep (pid 4711) of worker s/w: it is stopped"


def test_fix_ends_what_workers_left_behind(store: Store, serve: Serve, run: Run) -> None:
    gone, stays = {**ORPHAN, "gone": True}, {**ORPHAN, "pid": 4712, "gone": False}
    data = {"ended": [gone, stays], "left": [{**ORPHAN, "pid": 4712}]}
    answers = {"get-status": yes(daemon_status()), "cleanup-orphans": yes(data)}
    serve(lambda request: answers[request["type"]](request))
    outcome = run("doctor", "--fix", "--json")
    rows = [r for r in json.loads(outcome.out)["data"]["checks"] if r["check"] == "orphans"]
    assert [row["state"] for row in rows] == ["ok", "problem"]
    assert rows[1]["next"] == "look with: ps -p 4712"
    assert outcome.status == 1


def test_fix_without_a_daemon_ends_nobody_and_says_so(store: Store, run: Run) -> None:
    outcome = run("doctor", "--fix", "--json")
    rows = [r for r in json.loads(outcome.out)["data"]["checks"] if r["check"] == "orphans"]
    assert [row["state"] for row in rows] == ["problem"]
    assert rows[0]["text"].startswith("nothing was ended: ")


def test_a_directory_that_is_not_there_is_a_note(
    store: Store, serve: Serve, checks: Checks
) -> None:
    gone = {"id": ONE, "location": "gone", "location_path": "/gone", "worktree": None}
    serve(yes(daemon_status(sessions=[gone, {"id": OTHER, "location": "there"}])))
    row = of(checks(0), "directories")
    assert (row["state"], row["text"]) == ("note", f"session {ONE}: /gone is gone")
