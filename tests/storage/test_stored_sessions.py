"""Sessions by reference from files alone, however much sessions.json knows."""

from pathlib import Path

import pytest

from storage.journal.log import Journal
from storage.records import event as e
from storage.records.request import Refusal
from storage.stored_sessions import StoredSession, find, stored_sessions
from tests.actors.cli.store import Store
from tests.storage.histories import START

ONE, OTHER = "abcdefghijkl", "mnopqrstuvwx"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "data")
    made.add(ONE, 3, "First")
    made.add(OTHER, 3, "Other")
    return made


def found(store: Store, reference: str) -> str:
    meant = find(store.data, reference)
    return meant.code if isinstance(meant, Refusal) else meant.id


@pytest.mark.parametrize("written", [True, False])
def test_by_id_beginning_and_title(store: Store, *, written: bool) -> None:
    if written:
        store.write_sessions_file()
    for reference in (ONE, "abcd", "First"):
        assert found(store, reference) == ONE
    assert found(store, "abc") == "session-not-found"


def test_a_title_that_changed_since_is_read_from_the_journal(store: Store) -> None:
    store.write_sessions_file()
    journal, _ = Journal.open(store.data.session("default", ONE))
    with journal:
        journal.append([(START, (e.SessionUpdated({"title": "Later"}),), None)])
    assert found(store, "Later") == ONE
    assert found(store, "First") == "session-not-found"


def test_a_damaged_one_is_known_by_what_was_written_of_it(store: Store) -> None:
    store.write_sessions_file()
    store.journal(ONE).write_bytes(b"nothing of use")
    assert found(store, "First") == ONE
    store.data.sessions_file("default").unlink()
    assert found(store, "First") == "session-not-found"
    assert found(store, ONE) == ONE


def test_foreign_names_and_missing_directories_are_passed_over(store: Store) -> None:
    (store.data.sessions("default") / "no id").mkdir()
    (store.data.sessions("default") / "file").write_text("no directory")
    store.data.workspace("side").mkdir()
    listed = stored_sessions(store.data)
    assert [(each.workspace, each.name) for each in listed] == [
        ("default", ONE),
        ("default", OTHER),
    ]
    assert all(isinstance(each, StoredSession) for each in listed)
