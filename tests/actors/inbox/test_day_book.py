"""Lines of the requests journal: each is answered for, on the day that it is."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from actors.inbox.day_book import DayBook
from storage.errors import StorageError, SyncFailed
from storage.records import event as e
from storage.request_index import Place, Same
from storage.requests_journal import RequestsJournal, answered
from tests.fakes.clock import FakeClock
from tests.storage.listing import listed

SHA = "1" * 64
DAY_SECONDS = 86_400.0
FIRST_DAY = "2026-11-21"


class Desk:
    def __init__(self, directory: Path, pool: ThreadPoolExecutor) -> None:
        self.clock = FakeClock()
        self.told = threading.Event()
        self.journal = RequestsJournal(directory)
        self.journal.load()
        self.book = DayBook(self.journal, self.clock, lambda: pool, self.told.set)
        self.results: list[StorageError | None] = []

    def write(self, *events: e.RequestEvent) -> None:
        """And wait until it has settled."""
        before = len(self.results)
        self.book.submit(events, self.results.append)
        while len(self.results) == before:
            assert self.told.wait(30)
            self.told.clear()
            self.book.collect()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ThreadPoolExecutor(2) as pool:
        made = Desk(tmp_path, pool)
        yield made
        made.book.close()


def accepted(request_id: str = "mine") -> e.RequestAccepted:
    return e.RequestAccepted(request_id=request_id, sha256=SHA)


def test_a_line_is_in_the_index_once_it_is_durable(desk: Desk) -> None:
    desk.write(accepted("a"), accepted("b"))
    assert desk.results == [None]
    assert list(desk.journal.index.open) == ["a", "b"]


def test_an_answer_is_found_where_its_line_stands(desk: Desk) -> None:
    desk.write(accepted("a"), accepted("b"))
    for request_id in ("a", "b"):
        event, _ = answered(request_id, b'"%s"' % request_id.encode(), None)
        desk.write(event)
    for request_id in ("a", "b"):
        found = desk.journal.index.ids.judge(request_id, SHA)
        assert isinstance(found, Same)
        assert isinstance(found.answer, Place)
        content = desk.journal.answer(found.answer, request_id)
        assert content == b'"%s"' % request_id.encode()


def test_the_next_day_has_a_file_of_its_own(desk: Desk, tmp_path: Path) -> None:
    desk.write(accepted("a"), e.AnswerPublished("a"))
    desk.clock.advance(DAY_SECONDS)
    desk.write(accepted("b"))
    assert listed(tmp_path) == [f"{FIRST_DAY}.jsonl", "2026-11-22.jsonl"]


def test_with_the_clock_put_back_no_earlier_day_is_written_while_something_is_open(
    desk: Desk, tmp_path: Path
) -> None:
    desk.clock.advance(3 * DAY_SECONDS)
    desk.write(accepted("a"))
    desk.clock.advance(-3 * DAY_SECONDS)
    desk.write(e.AnswerPublished("a"))
    desk.write(accepted("b"))
    assert listed(tmp_path) == [f"{FIRST_DAY}.jsonl", "2026-11-24.jsonl"]


def test_old_days_go_when_the_day_turns(desk: Desk, tmp_path: Path) -> None:
    desk.write(accepted("a"), e.AnswerPublished("a"))
    desk.book.turn()
    assert listed(tmp_path) == [f"{FIRST_DAY}.jsonl"]
    desk.clock.advance(31 * DAY_SECONDS)
    desk.book.turn()
    assert listed(tmp_path) == []
    assert desk.clock.now().date() == date(2026, 12, 22)
    desk.write(accepted("a"))
    assert listed(tmp_path) == ["2026-12-22.jsonl"]


def test_what_was_refused_is_told_and_the_next_line_is_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(accepted("a"))

    def refuse(_: int) -> None:
        raise OSError(5, "no")

    with monkeypatch.context() as broken:
        broken.setattr("os.fdatasync", refuse)
        desk.write(accepted("b"))
    assert isinstance(desk.results[-1], SyncFailed)
    desk.write(accepted("c"))
    assert list(desk.journal.index.open) == ["a", "c"]


def test_a_day_that_cannot_be_opened_is_told_at_once(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / f"{FIRST_DAY}.jsonl").mkdir()
    desk.book.submit([accepted()], desk.results.append)
    assert isinstance(desk.results[-1], StorageError)
    (tmp_path / f"{FIRST_DAY}.jsonl").rmdir()
    desk.write(accepted())
    assert desk.results[-1] is None
