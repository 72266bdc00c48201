from pathlib import Path

import pytest

from storage import trash
from storage.as_of import session_at
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, JournalMissing
from storage.journal.frame import JournalEnd
from storage.journal.log import NAME, Journal
from storage.records import event as e
from tests.storage.histories import START, added, created

ID = "abcdefghijkl"


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.lock().release()
    made.prepare()
    return made


@pytest.fixture
def ends(data: DataDir) -> list[JournalEnd]:
    """Where the journal of a session ended after each of its four lines."""
    found = []
    with Journal.create(data.session("default", ID), ID, "default", START) as journal:
        titles = [(START, (e.SessionUpdated({"title": f"Title {n}"}),), None) for n in (3, 4)]
        for draft in [created(ID), added(0), *titles]:
            journal.append([draft])
            found.append(journal.end)
    return found


def test_each_number_has_its_record_and_its_end(data: DataDir, ends: list[JournalEnd]) -> None:
    for end in ends:
        found = session_at(data, "default", ID, end.n)
        assert found is not None
        assert found[1] == end
        assert found[0].title == (f"Title {end.n}" if end.n > 2 else "Sample")


@pytest.mark.parametrize("n", [-1, 0, 5, 10**20])
def test_a_number_that_there_is_not_is_none(data: DataDir, ends: list[JournalEnd], n: int) -> None:
    assert len(ends) == 4
    assert session_at(data, "default", ID, n) is None


def test_a_deleted_session_is_found_in_the_trash(data: DataDir, ends: list[JournalEnd]) -> None:
    trash.move_to_trash(data, "default", ID, 4)
    found = session_at(data, "default", ID, 3)
    assert found is not None
    assert (found[0].title, found[1]) == ("Title 3", ends[2])


@pytest.mark.usefixtures("ends")
def test_one_that_was_purged_or_is_damaged_is_told(data: DataDir) -> None:
    path = data.session("default", ID) / NAME
    path.write_bytes(path.read_bytes().replace(b"Sample", b"Simple"))
    with pytest.raises(JournalCorrupt):
        session_at(data, "default", ID, 3)
    path.unlink()
    with pytest.raises(JournalMissing):
        session_at(data, "default", ID, 3)
