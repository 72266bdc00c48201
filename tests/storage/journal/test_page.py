"""A page of a journal: the lines after a number, without looking at those before."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.errors import JournalCorrupt, JournalMissing
from storage.journal import log
from storage.journal import page as pages
from storage.journal.page import page_after, whole_page_after
from storage.records.event import SessionUpdated

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def written(directory: Path, lines: int, events: int = 1) -> Path:
    with log.Journal.create(directory, "s", "default", AT) as journal:
        for number in range(1, lines + 1):
            told = [SessionUpdated({"title": f"{number}.{k}"}) for k in range(events)]
            journal.append([(AT, told, None)])
    return directory


def numbers(page: pages.Page) -> list[int]:
    return [commit.n for commit in page.commits]


def test_a_page_begins_after_its_number_and_ends_with_the_owners(tmp_path: Path) -> None:
    directory = written(tmp_path / "s", 9)
    for n in range(9):
        for last in range(n, 10):
            page = page_after(directory, n, 100, last)
            assert (numbers(page), page.end) == (list(range(n + 1, last + 1)), last)


def test_lines_stay_whole_and_one_always_comes(tmp_path: Path) -> None:
    directory = written(tmp_path / "s", 5, events=3)
    assert numbers(page_after(directory, 0, 1, 5)) == [1]
    assert numbers(page_after(directory, 1, 4, 5)) == [2, 3]


def test_a_page_is_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = written(tmp_path / "s", 5)
    monkeypatch.setattr(pages, "PAGE_BYTES", 10)
    assert numbers(page_after(directory, 2, 100, 5)) == [3]


def test_a_damaged_line_is_told_and_those_before_it_are_of_no_concern(tmp_path: Path) -> None:
    directory = written(tmp_path / "s", 4)
    path = directory / log.NAME
    path.write_bytes(path.read_bytes().replace(b'"2.0"', b'"9.0"'))
    assert numbers(page_after(directory, 2, 100, 4)) == [3, 4]
    with pytest.raises(JournalCorrupt, match="number 2"):
        page_after(directory, 1, 100, 4)
    assert numbers(whole_page_after(directory, 0, 100)) == [1]
    with pytest.raises(JournalCorrupt, match="after number 1"):
        whole_page_after(directory, 1, 100)


def test_a_line_with_another_number_is_damage(tmp_path: Path) -> None:
    directory = written(tmp_path / "s", 3)
    path = directory / log.NAME
    header, first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([header, first, first, *rest]))
    with pytest.raises(JournalCorrupt, match="number 1 stands where number 2 should"):
        page_after(directory, 1, 100, 3)


def test_a_journal_that_ends_too_early_or_is_gone_is_told(tmp_path: Path) -> None:
    directory = written(tmp_path / "s", 1)
    (directory / log.NAME).write_bytes(b"")
    with pytest.raises(JournalCorrupt, match="ends before number 1"):
        page_after(directory, 0, 100, 1)
    (directory / log.NAME).unlink()
    with pytest.raises(JournalMissing):
        page_after(directory, 0, 100, 1)
