from datetime import timedelta
from typing import Any, cast

from msgspec.structs import replace

from actors.recording.index import SessionIndex
from storage.catalog import CatalogEntry
from storage.journal.frame import JournalEnd
from tests.storage.histories import START, session


def test_sessions_come_oldest_first() -> None:
    index = SessionIndex()
    for letter, age in (("c", 1), ("b", 2), ("a", 1)):
        made = replace(session(letter * 12), created_at=START - timedelta(days=age))
        index.entries[made.id] = CatalogEntry(made, JournalEnd(1, 1, ""))
    assert [one.id[0] for one in index.sessions()] == ["b", "a", "c"]


def test_problems_are_those_of_the_projectors_that_have_one() -> None:
    class Troubled:
        def __init__(self, problem: str | None) -> None:
            self.problem = problem

    index = SessionIndex()
    index.projectors = cast("Any", {"one": Troubled(None), "two": Troubled("disk full")})
    assert index.problems() == ["disk full"]
