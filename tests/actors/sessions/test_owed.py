"""Ending is never refused: what a session does while the store refuses its lines."""

import os
from pathlib import Path
from typing import Any

import pytest

from storage.errors import StorageFull, SyncFailed
from storage.records import event as e
from storage.records.request import Answer
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House
from tests.peers.processes import alive

FULL = StorageFull("no space left")


@pytest.fixture
def full(greenroom: House, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Says that the disk is full for every append and probe, until it is called with False.

    With `but_for_the_reserve`, lines fit in once that is released.
    """
    from storage import reserve
    from storage.journal.log import Journal

    is_full, has_room = True, False
    append, keep, probe = Journal.append, reserve.keep, reserve.probe

    def refuse(*_: Any) -> None:
        if is_full:
            raise StorageFull("no space left")

    def tried(journal: Journal, drafts: Any) -> list[int]:
        if not has_room or greenroom.data.reserve.exists():
            refuse()
        return append(journal, drafts)

    def kept(path: Path) -> None:
        refuse()
        keep(path)

    def probed(path: Path) -> None:
        refuse()
        probe(path)

    def say(yes: bool, *, but_for_the_reserve: bool = False) -> None:
        nonlocal is_full, has_room
        is_full, has_room = yes, but_for_the_reserve

    monkeypatch.setattr(Journal, "append", tried)
    monkeypatch.setattr(reserve, "keep", kept)
    monkeypatch.setattr(reserve, "probe", probed)
    is_full = False
    return say


def ask(greenroom: House, kind: str, session_id: str, **fields: Any) -> Answer:
    return greenroom.ask({"type": kind, "session": session_id, **fields})


def events(greenroom: House, session_id: str) -> list[type]:
    return [type(event) for event in greenroom.journal(session_id)]


def test_a_full_disk_refuses_changes_and_serves_reads(greenroom: House, full: Any) -> None:
    session_id = greenroom.create(title="Before")["id"]
    full(True)
    for _ in range(2):
        refused = ask(greenroom, "update-session", session_id, updates={"title": "After"})
        assert refused.error is not None
        assert refused.error.code == "storage-full"
    made = greenroom.ask({"type": "create-session", "location_path": str(greenroom.place)})
    assert made.error is not None
    assert made.error.code == "storage-full"
    assert greenroom.get("get-session", session=session_id)["title"] == "Before"
    assert greenroom.get("get-messages", session=session_id) == {"messages": []}
    assert greenroom.get("get-status")["store"]["state"] == "degraded"
    full(False)
    eventually(lambda: ask(greenroom, "update-session", session_id, updates={"title": "X"}).ok)
    assert greenroom.get("get-status")["store"]["state"] == "ok"
    assert greenroom.data.reserve.exists()


def test_a_stop_on_a_full_disk_ends_the_processes_and_is_recorded_later(
    greenroom: House, full: Any
) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    full(True)
    stopped = ask(greenroom, "stop-session", session_id)
    assert stopped.ok
    assert stopped.not_durable
    assert not alive(pid)
    shown = greenroom.get("get-status")["store"]["not_durable"]
    assert [one["session_id"] for one in shown] == [session_id]
    assert greenroom.record(session_id).desired == "run"
    full(False)
    eventually(lambda: greenroom.record(session_id).desired == "stopped")
    assert greenroom.becomes(session_id, worker_id, "stopped").exit.cause == "stopped"
    eventually(lambda: greenroom.get("get-status")["store"]["not_durable"] == [])
    assert not ask(greenroom, "get-session", session_id).not_durable


def test_a_deletion_on_a_full_disk_moves_the_files_to_the_trash(
    greenroom: House, full: Any
) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    full(True)
    assert ask(greenroom, "delete-session", session_id).data == {"deleted": True}
    assert not alive(pid)
    assert list(greenroom.data.sessions("default").iterdir()) == []
    assert len(list(greenroom.data.trash("default").iterdir())) == 1
    full(False)
    greenroom.again()
    assert greenroom.get("get-session", session=session_id) is None


def test_a_process_that_ends_on_a_full_disk_is_not_forgotten(greenroom: House, full: Any) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "exec sleep 600"])
    pid = greenroom.worker(session_id, worker_id).process.pid
    full(True)
    os.kill(pid, 15)
    eventually(lambda: greenroom.room.around.index.not_durable)
    full(False)
    eventually(lambda: greenroom.record(session_id).workers[0].restarts == 1, seconds=20)
    assert e.WorkerEnded in events(greenroom, session_id)


def test_a_line_that_the_disk_did_not_confirm_is_tried_again_for_an_end(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    journal = greenroom.faulty(session_id)
    journal.failures = [SyncFailed("the disk did not confirm")]
    stopped = ask(greenroom, "stop-worker", session_id, worker=worker_id)
    assert stopped.ok
    eventually(lambda: greenroom.worker(session_id, worker_id).desired == "stopped")
    greenroom.becomes(session_id, worker_id, "stopped")
    assert not greenroom.room.around.index.not_durable


def test_the_reserve_is_used_for_what_ends_things(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    assert greenroom.data.reserve.stat().st_size == 1 << 20
    journal = greenroom.faulty(session_id)
    journal.failures = [StorageFull("no space left")]
    assert ask(greenroom, "stop-worker", session_id, worker=worker_id).ok
    eventually(lambda: greenroom.worker(session_id, worker_id).status == "stopped")
    eventually(greenroom.data.reserve.exists)


def test_all_lines_that_end_things_find_their_room_in_the_reserve(
    greenroom: House, full: Any
) -> None:
    shells = [greenroom.shell() for _ in range(3)]
    full(True, but_for_the_reserve=True)
    refused = ask(greenroom, "update-session", shells[0][0], updates={"title": "After"})
    assert refused.error is not None
    assert refused.error.code == "storage-full"
    for session_id, worker_id in shells:
        assert ask(greenroom, "stop-session", session_id).ok
        greenroom.becomes(session_id, worker_id, "stopped")
        assert [type(event) for event in greenroom.journal(session_id)][-1] is e.WorkerEnded
    eventually(lambda: greenroom.get("get-status")["store"]["not_durable"] == [])
    assert greenroom.get("get-status")["store"]["state"] == "degraded"


def test_a_quarantined_session_can_be_stopped_and_deleted(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    greenroom.stop()
    journal = greenroom.data.session("default", session_id) / "journal.jsonl"
    damaged = bytearray(journal.read_bytes())
    damaged[40] ^= 1
    journal.write_bytes(damaged + b"x")
    greenroom.start()
    assert alive(pid)
    assert greenroom.refused("update-session", session=session_id, updates={"title": "x"}) == (
        "session-quarantined"
    )
    stopped = ask(greenroom, "stop-session", session_id)
    assert (stopped.ok, stopped.not_durable) == (True, True)
    assert "is not recorded while the session is quarantined" in stopped.data["note"]
    eventually(lambda: not alive(pid))
    assert ask(greenroom, "delete-session", session_id).data == {"deleted": True}
    assert greenroom.get("get-session", session=session_id) is None
    assert [path.read_bytes() for path in greenroom.data.trash("default").glob("*/*.jsonl")] == [
        bytes(damaged + b"x")
    ]
