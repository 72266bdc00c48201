"""Journals in the layout of the daemon, with its evidence and its trash."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import attachments, catalog, evidence, sessions_file
from storage.attachments import Attachment
from storage.backends.files import FileBackend
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, StorageError
from storage.journal.frame import Header
from storage.journal.log import NAME, Journal
from storage.records import event as e
from tests.storage.histories import session

AT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)
ID = "abcdefghijkl"
BEGUN = (AT, (e.SessionCreated(session(ID)),), None)
RENAMED = (AT, (e.SessionUpdated({"title": "x"}),), None)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    made = DataDir(tmp_path / "data")
    lock = made.lock()
    made.prepare()
    yield made
    lock.release()


def begun(data: DataDir) -> FileBackend:
    backend = FileBackend(data, "default")
    log = backend.create(ID, AT)
    log.append([BEGUN, RENAMED])
    log.close()
    return backend


def test_the_daemons_catalog_finds_what_was_written(data: DataDir) -> None:
    begun(data)
    (entry,) = catalog.load(data, "default").entries.values()
    assert (entry.session.title, entry.end.n) == ("x", 2)


def is_taken_for_damaged(data: DataDir) -> bool:
    """Whether a journal whose last line is cut is refused, not taken for torn."""
    journal = data.session("default", ID) / NAME
    journal.write_bytes(journal.read_bytes()[:-10])
    try:
        log, _ = FileBackend(data, "default").open(ID)
    except JournalCorrupt:
        return True
    log.close()
    return False


def test_without_evidence_a_cut_line_is_a_torn_tail(data: DataDir) -> None:
    begun(data)
    assert not is_taken_for_damaged(data)


def test_the_projection_is_evidence_of_how_long_a_journal_was(data: DataDir) -> None:
    log, _ = begun(data).open(ID)
    path = data.sessions_file("default")
    sessions_file.write(path, 1, [(session(ID), log.end)], previous=None, at=AT)
    log.close()
    assert is_taken_for_damaged(data)


def test_so_is_an_answer_in_the_requests_journal(data: DataDir) -> None:
    begun(data)
    answered = e.RequestAnswered(request_id="r", session_id=ID, n=2)
    path = data.requests / "2026-11-21.jsonl"
    with Journal.create_at(path, Header(session="", workspace="", at=AT)) as journal:
        journal.append([(AT, (answered,), None)])
    path.with_name("2026-11-22.jsonl").write_text("not a journal")
    assert is_taken_for_damaged(data)


def test_an_edited_projection_is_no_evidence(data: DataDir) -> None:
    begun(data)
    data.sessions_file("default").write_text("[]")
    assert not is_taken_for_damaged(data)


def test_evidence_that_cannot_be_read_is_a_failure_of_the_place(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = begun(data)

    def fail(*_: object) -> None:
        raise PermissionError("not yours")

    monkeypatch.setattr(evidence, "named", fail)
    with pytest.raises(StorageError, match=r"sessions\.json"):
        backend.open(ID)


def test_somebody_elses_journal_is_refused(data: DataDir) -> None:
    backend = begun(data)
    data.session("default", ID).rename(data.session("default", "otherotherxx"))
    with pytest.raises(JournalCorrupt, match=ID):
        backend.open("otherotherxx")


def test_what_a_creation_left_half_made_is_no_session(data: DataDir) -> None:
    backend = begun(data)
    data.session("default", "halfhalfhalf").mkdir()
    (data.sessions("default") / "not an id").mkdir()
    assert backend.sessions() == {ID}


def test_attachments_lie_beside_the_journal(data: DataDir) -> None:
    backend = begun(data)
    log, _ = backend.open(ID)
    name = hashlib.sha256(b"large").hexdigest()
    log.append([RENAMED], [Attachment(name, b"large")])
    log.close()
    assert attachments.read(data.session("default", ID), name) == b"large"


def test_a_discarded_session_lies_in_the_trash(data: DataDir) -> None:
    begun(data).discard(ID, 2)
    assert (data.trash("default") / f"{ID}-2" / NAME).is_file()
