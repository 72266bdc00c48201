"""While the store refuses changes, nothing is lost, and what needs no journal goes on."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from storage import durable
from storage.records import event as e
from tests.actors.inbox.dropping import (
    LIST,
    answer,
    claims,
    counts,
    creation,
    drop,
    journaled,
    settle,
    titles,
)
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House


class Disk:
    """While `full` it refuses the probe, and what holds `word` in files below `place`: the
    requests journal, if nothing else is said.
    """

    def __init__(self, greenroom: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.word = b""
        self.place = greenroom.data.requests
        self.has_room_for_a_probe = False
        self._write = os.write
        self._fdatasync = os.fdatasync
        self.broken_sync = False
        self._replace = durable.replace_file
        monkeypatch.setattr(os, "write", self.write)
        monkeypatch.setattr(os, "fdatasync", self.fdatasync)
        monkeypatch.setattr("storage.reserve.durable.replace_file", self.replace)

    def _is_ours(self, descriptor: int) -> bool:
        return self.place in Path(f"/proc/self/fd/{descriptor}").readlink().parents

    def write(self, descriptor: int, content: Any) -> int:
        if self.full and self._is_ours(descriptor) and self.word in bytes(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._write(descriptor, content)

    def fdatasync(self, descriptor: int) -> None:
        if self.broken_sync and self._is_ours(descriptor):
            self.broken_sync = False
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._fdatasync(descriptor)

    def replace(self, path: Path, content: bytes, *, synced: bool = True) -> None:
        if self.full and not self.has_room_for_a_probe and path.name == "probe":
            raise durable.storage_error(OSError(errno.ENOSPC, "full"), path)
        self._replace(path, content, synced=synced)


@pytest.fixture
def disk(open_greenroom: House, monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr("actors.recording.health.FIRST_SECONDS", 0.05)
    monkeypatch.setattr("actors.recording.health.LONGEST_SECONDS", 0.05)
    return Disk(open_greenroom, monkeypatch)


def test_what_would_change_something_waits_and_is_done_later(
    open_greenroom: House, disk: Disk
) -> None:
    disk.full = True
    for number in range(3):
        drop(open_greenroom, f"new-{number}.json", creation(open_greenroom, title=str(number)))
        eventually(lambda: counts(open_greenroom)["problems"])
    drop(open_greenroom, "look.json", LIST)
    assert answer(open_greenroom, "look")["data"]["sessions"] == []
    lying = len(claims(open_greenroom)) + len(list(open_greenroom.data.inbox.glob("*.json")))
    assert lying >= 3
    disk.full = False
    for number in range(3):
        assert answer(open_greenroom, f"new-{number}")["ok"]
    settle(open_greenroom)
    assert sorted(titles(open_greenroom)) == ["0", "1", "2"]
    drop(open_greenroom, "last.json", LIST)
    assert answer(open_greenroom, "last")["ok"]
    eventually(lambda: counts(open_greenroom)["problems"] == [])


def test_what_ends_something_is_done_all_the_same(open_greenroom: House, disk: Disk) -> None:
    session_id = open_greenroom.create(title="one")["id"]
    disk.full = True
    drop(open_greenroom, "end.json", {"type": "delete-session", "session": session_id})
    assert answer(open_greenroom, "end")["data"] == {"deleted": True}
    disk.full = False
    settle(open_greenroom)
    assert titles(open_greenroom) == []


def test_a_sync_that_failed_is_asked_again_in_a_new_file(open_greenroom: House, disk: Disk) -> None:
    drop(open_greenroom, "first.json", creation(open_greenroom, title="first"))
    assert answer(open_greenroom, "first")["ok"]
    settle(open_greenroom)
    disk.broken_sync = True
    drop(open_greenroom, "second.json", creation(open_greenroom, title="second"))
    assert answer(open_greenroom, "second")["ok"]
    settle(open_greenroom)
    assert not disk.broken_sync
    assert sorted(titles(open_greenroom)) == ["first", "second"]
    assert len(journaled(open_greenroom)) == 6
    assert [path for path in open_greenroom.data.requests.iterdir() if "unsynced" in path.name]


def test_an_answer_waits_for_the_journal(open_greenroom: House, disk: Disk) -> None:
    disk.full, disk.word = True, b"request-answered"
    drop(open_greenroom, "new.json", creation(open_greenroom, title="one"))
    eventually(lambda: open_greenroom.get("get-status")["store"]["problems"])
    assert [type(event) for event in journaled(open_greenroom)] == [e.RequestAccepted]
    assert titles(open_greenroom) == ["one"]
    assert not (open_greenroom.data.outbox / "new.json").exists()
    disk.full = False
    assert answer(open_greenroom, "new")["ok"]
    settle(open_greenroom)
    assert titles(open_greenroom) == ["one"]


def test_what_was_accepted_just_before_the_disk_was_full_waits_too(
    open_greenroom: House, disk: Disk
) -> None:
    session_id = open_greenroom.create()["id"]
    disk.full, disk.place = True, open_greenroom.data.workspaces
    drop(open_greenroom, "new.json", said(session_id))
    eventually(lambda: open_greenroom.get("get-status")["store"]["problems"])
    assert not (open_greenroom.data.outbox / "new.json").exists()
    disk.full = False
    assert answer(open_greenroom, "new")["ok"]
    settle(open_greenroom)
    assert len(open_greenroom.get("get-messages", session=session_id)["messages"]) == 1
    kinds = [type(event) for event in journaled(open_greenroom)]
    assert kinds == [e.RequestAccepted, e.RequestAnswered, e.AnswerPublished]


def test_what_is_larger_than_all_room_there_is_does_not_wait_for_ever(
    open_greenroom: House, disk: Disk
) -> None:
    session_id = open_greenroom.create()["id"]
    disk.full, disk.has_room_for_a_probe = True, True
    disk.place = open_greenroom.data.session("default", session_id)
    drop(open_greenroom, "new.json", said(session_id))
    assert answer(open_greenroom, "new")["error"]["code"] == "storage-full"


def said(session_id: str) -> dict[str, Any]:
    message = {"role": "user", "content": "hello"}
    return {"type": "add-message", "session": session_id, "message": message}
