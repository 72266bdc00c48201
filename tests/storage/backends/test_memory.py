"""Two owners of one journal in memory: the later one is told."""

from datetime import UTC, datetime

import pytest

from storage.backends.memory import MemoryBackend
from storage.errors import StorageError
from storage.records import event as e
from tests.storage.histories import session

AT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)
ID = "abcdefghijkl"
BEGUN = (AT, (e.SessionCreated(session(ID)),), None)
RENAMED = (AT, (e.SessionUpdated({"title": "x"}),), None)


def test_a_log_that_somebody_else_added_to_takes_nothing_more() -> None:
    backend = MemoryBackend()
    first = backend.create(ID, AT)
    first.append([BEGUN])
    second, _ = backend.open(ID)
    second.append([RENAMED])
    with pytest.raises(StorageError, match="at number 2, not at 1"):
        first.append([RENAMED])
    _, commits = backend.open(ID)
    assert [commit.n for commit in commits] == [1, 2]


def test_of_two_that_create_the_same_one_is_told() -> None:
    backend = MemoryBackend()
    first, second = backend.create(ID, AT), backend.create(ID, AT)
    first.append([BEGUN])
    with pytest.raises(StorageError, match="meanwhile"):
        second.append([BEGUN])


def test_clearing_forgets_used_ids() -> None:
    backend = MemoryBackend()
    backend.create(ID, AT).append([BEGUN])
    backend.discard(ID, 1)
    backend.clear()
    assert backend.create(ID, AT).append([BEGUN]) == [1]
