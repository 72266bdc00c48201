"""What every place for journals promises: files and memory."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.attachments import Attachment
from storage.backends.base import Backend
from storage.backends.files import FileBackend
from storage.backends.memory import MemoryBackend
from storage.data_dir import DataDir
from storage.errors import JournalMissing, LineTooLong
from storage.journal.log import Draft
from storage.records import event as e
from tests.storage.histories import message, session

AT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)
ID = "abcdefghijkl"
BEGUN: Draft = (AT, (e.SessionCreated(session(ID)),), None)
ADDED: Draft = (AT, (e.MessageAdded(message("m1")),), "request-1")
RENAMED: Draft = (AT, (e.SessionUpdated({"title": "x"}),), None)


@pytest.fixture(params=["files", "memory"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    if request.param == "memory":
        yield MemoryBackend()
        return
    data = DataDir(tmp_path / "data")
    lock = data.lock()
    data.prepare()
    yield FileBackend(data, "default")
    lock.release()


def test_a_journal_comes_to_be_with_its_first_commit(backend: Backend) -> None:
    log = backend.create(ID, AT)
    assert (log.end.n, backend.sessions()) == (0, set())
    assert log.append([BEGUN, ADDED]) == [1, 2]
    assert (log.end.n, backend.sessions()) == (2, {ID})
    log.close()
    log.close()
    again, commits = backend.open(ID)
    assert [(c.n, c.at, c.request) for c in commits] == [(1, AT, None), (2, AT, "request-1")]
    assert [c.events for c in commits] == [BEGUN[1], ADDED[1]]
    assert again.end == log.end
    assert again.append([RENAMED]) == [3]
    assert again.append([]) == []
    again.close()


def test_all_that_are_kept_are_named(backend: Backend) -> None:
    for session_id in (ID, "otherotherxx"):
        log = backend.create(session_id, AT)
        log.append([(AT, (e.SessionCreated(session(session_id)),), None)])
        log.close()
    assert backend.sessions() == {ID, "otherotherxx"}


def test_an_id_is_used_once(backend: Backend) -> None:
    log = backend.create(ID, AT)
    log.append([BEGUN])
    with pytest.raises(FileExistsError):
        backend.create(ID, AT)
    log.close()
    backend.discard(ID, 1)
    with pytest.raises(FileExistsError):
        backend.create(ID, AT)


def test_what_is_discarded_is_kept_no_more_and_twice_is_once(backend: Backend) -> None:
    log = backend.create(ID, AT)
    log.append([BEGUN])
    log.close()
    backend.discard(ID, 1)
    backend.discard(ID, 1)
    assert backend.sessions() == set()
    with pytest.raises(JournalMissing):
        backend.open(ID)


def test_what_does_not_fit_into_a_line_leaves_nothing(backend: Backend) -> None:
    log = backend.create(ID, AT)
    log.append([BEGUN])
    long = (AT, (e.SessionUpdated({"title": "x" * (5 << 20)}),), None)
    with pytest.raises(LineTooLong):
        log.append([RENAMED, long])
    assert log.end.n == 1
    assert log.append([RENAMED], [Attachment("0" * 64, b"large")]) == [2]
    log.close()
    _, commits = backend.open(ID)
    assert len(commits) == 2


def test_a_closed_log_takes_nothing(backend: Backend) -> None:
    log = backend.create(ID, AT)
    log.append([BEGUN])
    log.close()
    with pytest.raises(ValueError, match="closed"):
        log.append([RENAMED])
