"""What a request did is found by its id, each line being read once."""

from pathlib import Path
from typing import Any

import pytest

from storage import codec
from storage.errors import JournalCorrupt
from storage.journal import find
from storage.journal.find import Past
from storage.journal.log import NAME, Journal
from storage.records import event as e
from tests.storage.histories import START, added
from tests.storage.journal.samples import new_journal


def ask(journal: Journal, request_id: str, *events: e.Event) -> None:
    journal.append([(START, events or added(len(request_id))[1], request_id)])


def typed(worker_id: str) -> e.InputWritten:
    return e.InputWritten(worker_id, 1, 1, "hash")


def test_what_a_request_did_is_found_and_nothing_else(tmp_path: Path) -> None:
    with new_journal(tmp_path / "one", 3) as journal:
        ask(journal, "17-job", typed("w"))
        past = Past(tmp_path / "one")
        found = past.find("17-job", journal.end.bytes)
        assert found == find.Found((typed("w"),), frozenset())
        assert past.find("18-job", journal.end.bytes) is None


def test_what_was_added_since_is_seen(tmp_path: Path) -> None:
    with new_journal(tmp_path / "one") as journal:
        past = Past(tmp_path / "one")
        for number in range(3):
            assert past.find(f"{number}-job", journal.end.bytes) is None
            ask(journal, f"{number}-job")
            assert past.find(f"{number}-job", journal.end.bytes)


def test_workers_that_were_named_later_are_told(tmp_path: Path) -> None:
    with new_journal(tmp_path / "one") as journal:
        ask(journal, "1-job", typed("a"))
        ask(journal, "2-job", typed("b"))
        ask(journal, "3-job", typed("b"))
        past = Past(tmp_path / "one")
        followed = [past.find(f"{n}-job", journal.end.bytes) for n in (1, 2, 3)]
        assert [found.followed for found in followed if found] == [{"b"}, {"b"}, set()]


def test_of_two_the_first_counts(tmp_path: Path) -> None:
    with new_journal(tmp_path / "one") as journal:
        ask(journal, "1-job", typed("a"))
        ask(journal, "1-job", typed("b"))
        found = Past(tmp_path / "one").find("1-job", journal.end.bytes)
        assert found
        assert found.events == (typed("a"),)


def test_what_is_not_on_disk_yet_is_not_there(tmp_path: Path) -> None:
    with new_journal(tmp_path / "one") as journal:
        before = journal.end.bytes
        ask(journal, "1-job")
        past = Past(tmp_path / "one")
        assert past.find("1-job", before) is None
        assert past.find("1-job", journal.end.bytes)


def test_each_line_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    decode = codec.decode

    def counting(raw: bytes, kind: Any) -> Any:
        read.append(len(raw))
        return decode(raw, kind)

    with new_journal(tmp_path / "one") as journal:
        for number in range(200):
            ask(journal, f"{number}-job")
        past = Past(tmp_path / "one")
        monkeypatch.setattr(codec, "decode", counting)
        for number in range(200):
            assert past.find(f"{number}-job", journal.end.bytes)
            assert past.find(f"{number}-gone", journal.end.bytes) is None
    assert sum(read) == (tmp_path / "one" / NAME).stat().st_size


def test_a_journal_that_is_missing_has_nothing(tmp_path: Path) -> None:
    assert Past(tmp_path / "none").find("1-job", 100) is None
    assert not find.holds(tmp_path / "none", "1-job")


def test_a_damaged_line_is_an_error(tmp_path: Path) -> None:
    with new_journal(tmp_path / "one", 5) as journal:
        path = tmp_path / "one" / NAME
        path.write_bytes(path.read_bytes().replace(b'"n":3', b'"n":9'))
        with pytest.raises(JournalCorrupt, match="damaged"):
            Past(tmp_path / "one").find("1-job", journal.end.bytes)
    assert not find.holds(tmp_path / "one", "1-job")


def test_journals_that_have_ended_are_read_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with new_journal(tmp_path / name) as journal:
            ask(journal, f"7-{name}")
    places = [tmp_path / name for name in ("one", "two", "none")]
    ended = find.Ended()
    assert ended.holds(places, "7-two")
    assert not ended.holds(places, "8-two")
    for name in ("one", "two"):
        (tmp_path / name / NAME).unlink()
    assert ended.holds(places, "7-one")
    assert not ended.holds([], "7-one")
