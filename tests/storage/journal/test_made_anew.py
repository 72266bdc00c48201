"""Salvage where the first lines are lost: what others know of the session stands for them."""

from pathlib import Path

import msgspec
import pytest

from storage.errors import JournalCorrupt
from storage.journal.log import NAME, Journal, read_at
from storage.journal.salvage import salvage
from storage.records import event as e
from storage.records.worker import TerminalWorker
from storage.replay import folded
from storage.state import SessionState
from tests.storage.histories import START, session
from tests.storage.journal.samples import SESSION, journal_bytes, written
from tests.storage.listing import listed


def damaged(tmp_path: Path, lines: list[bytes]) -> Path:
    return written(tmp_path / "team" / "sessions" / SESSION, b"".join(lines))


def flipped(line: bytes) -> bytes:
    return line.replace(b'"at"', b'"aT"', 1)


def state_of(path: Path) -> SessionState:
    found = read_at(path)
    assert found.fault is None
    return folded(path, found.commits)


def test_a_lost_creation_is_made_anew_from_what_others_know(tmp_path: Path) -> None:
    lines = journal_bytes(4)
    directory = damaged(tmp_path, [lines[0], flipped(lines[1]), *lines[2:]])
    known = msgspec.structs.replace(session(SESSION, "Later"), message_count=3, open_requests=1)
    found = salvage(directory, START, record=known)
    assert (found.kept, found.end.n, found.remade) == (3, 4, True)
    assert [(lost.first, lost.last) for lost in found.lost] == [(1, 1)]
    state = state_of(found.path)
    assert (state.record.id, state.record.title) == (SESSION, "Later")
    assert (state.record.message_count, state.record.open_requests) == (3, 0)
    assert [each.text for each in state.messages] == ["hello"] * 3


def test_workers_of_a_session_made_anew_are_there_once(tmp_path: Path) -> None:
    one = TerminalWorker(id="oneoneoneone", name="one", created_at=START)
    two = TerminalWorker(id="twotwotwotwo", name="two", created_at=START)
    directory = tmp_path / "team" / "sessions" / SESSION
    directory.parent.mkdir(parents=True)
    with Journal.create(directory, SESSION, "team", START) as journal:
        journal.append([(START, (e.SessionCreated(session(SESSION)), e.WorkerCreated(one)), None)])
        journal.append([(START, (e.WorkerCreated(two),), None)])
    lines = (directory / NAME).read_bytes().splitlines(keepends=True)
    (directory / NAME).write_bytes(b"".join([lines[0], flipped(lines[1]), lines[2]]))
    known = msgspec.structs.replace(session(SESSION), workers=(one, two))
    state = state_of(salvage(directory, START, record=known).path)
    assert [worker.id for worker in state.record.workers] == [one.id, two.id]


def test_a_record_alone_is_no_journal(tmp_path: Path) -> None:
    directory = damaged(tmp_path, [b"\0" * 4096])
    with pytest.raises(JournalCorrupt, match="nothing can be salvaged"):
        salvage(directory, START, record=session(SESSION))
    assert listed(directory) == [NAME]


def test_in_a_directory_of_another_name_it_is_whose_it_was(tmp_path: Path) -> None:
    lines = journal_bytes(2)
    directory = damaged(tmp_path, [b"damaged\n", *lines[1:]])
    shelved = directory.rename(directory.with_name(f"{SESSION}-2"))
    found = salvage(shelved, START, session_id=SESSION)
    assert read_at(found.path).header.session == SESSION
    assert found.kept == 2
