"""The days of the requests journal: read, cut, set aside, deleted."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from storage import attachments
from storage.errors import FileRefused, JournalMissing, StorageError
from storage.journal.frame import Header
from storage.journal.log import Journal, read_at
from storage.records import event as e
from storage.request_index import Place, Same
from storage.requests_journal import RequestsJournal, answered
from tests.storage.listing import listed

MONDAY, TUESDAY = "2026-11-23", "2026-11-24"
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHA = "1" * 64


def accepted(request_id: str = "mine", sha256: str | None = SHA) -> e.RequestAccepted:
    return e.RequestAccepted(request_id=request_id, sha256=sha256)


def write(directory: Path, day: str, *events: e.RequestEvent) -> None:
    """One line each."""
    path = directory / f"{day}.jsonl"
    if path.exists():
        journal, _ = Journal.open_at(path)
    else:
        journal = Journal.create_at(path, Header(session="requests", workspace="", at=AT))
    with journal:
        journal.append([(AT, [event], None) for event in events])


def whole(request_id: str, content: bytes = b'{"ok":true}') -> list[e.RequestEvent]:
    event, _ = answered(request_id, content, None)
    return [accepted(request_id), event, e.AnswerPublished(request_id)]


def loaded(directory: Path) -> RequestsJournal:
    made = RequestsJournal(directory)
    made.load()
    made.close()
    return made


def test_all_days_are_read_as_one(tmp_path: Path) -> None:
    write(tmp_path, MONDAY, accepted("5-job", None), accepted())
    event, _ = answered("mine", b'{"a": 1.0}', None)
    write(tmp_path, TUESDAY, e.AnswerPublished("5-job"), event)
    journal = RequestsJournal(tmp_path)
    assert journal.load() == {"5-job"}
    journal.close()
    assert list(journal.index.open) == ["mine"]
    assert journal.latest_day == TUESDAY
    place = journal.index.open["mine"].answer
    assert place is not None
    assert journal.answer(place, "mine") == b'{"a": 1.0}'  # byte for byte
    with pytest.raises(FileRefused, match="no answer of"):
        journal.answer(place, "else")


def test_nothing_is_there_at_first(tmp_path: Path) -> None:
    journal = loaded(tmp_path)
    assert journal.latest_day == ""
    fresh = journal.open(MONDAY, AT)
    fresh.append([(AT, [accepted()], None)])
    fresh.close()
    assert listed(tmp_path) == [f"{MONDAY}.jsonl"]
    assert read_at(tmp_path / f"{MONDAY}.jsonl").header.session == "requests"


def test_the_last_day_is_ready_for_more_and_others_are_opened_anew(tmp_path: Path) -> None:
    write(tmp_path, MONDAY, *whole("a"))
    write(tmp_path, TUESDAY, *whole("b"))
    journal = RequestsJournal(tmp_path)
    journal.load()
    for day, number in ((TUESDAY, 4), (TUESDAY, 5), (MONDAY, 4)):
        with journal.open(day, AT) as opened:
            assert opened.append([(AT, [accepted("c")], None)]) == [number]
    journal.load()
    with journal.open(MONDAY, AT) as opened:  # not the one that was left open
        assert opened.append([(AT, [accepted("d")], None)]) == [5]


def test_a_torn_tail_is_cut_and_kept(tmp_path: Path) -> None:
    write(tmp_path, MONDAY, *whole("a"), accepted("b"))
    path = tmp_path / f"{MONDAY}.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    journal = loaded(tmp_path)
    assert journal.index.open == {}
    assert listed(tmp_path) == [f"{MONDAY}.jsonl", f"{MONDAY}.torn-4"]
    assert journal.problems == []


def test_a_damaged_day_is_set_aside_and_the_others_go_on(tmp_path: Path) -> None:
    for day in (MONDAY, TUESDAY):
        write(tmp_path, day, *whole(day))
        write(tmp_path, day, *whole(f"{day}-later"))  # which says that the lines before were synced
    path = tmp_path / f"{MONDAY}.jsonl"
    damaged = path.read_bytes().replace(b"request-answered", b"request-anxwered")
    path.write_bytes(damaged)
    journal = loaded(tmp_path)
    assert (tmp_path / f"{MONDAY}.damaged").read_bytes() == damaged
    assert listed(tmp_path) == [f"{MONDAY}.damaged", f"{TUESDAY}.jsonl"]
    assert isinstance(journal.index.ids.judge(TUESDAY, SHA), Same)
    (problem,) = journal.problems
    assert str(tmp_path / f"{MONDAY}.damaged") in problem
    assert loaded(tmp_path).problems == []


def test_a_day_of_a_later_greenroom_is_set_aside_under_that_name(tmp_path: Path) -> None:
    from storage.journal import frame

    line = frame._sealed(b'{"n":0,"format":99,"session":"requests","workspace":"","at":"x"}')
    (tmp_path / f"{MONDAY}.jsonl").write_bytes(line)
    assert len(loaded(tmp_path).problems) == 1
    assert listed(tmp_path) == [f"{MONDAY}.too-new"]


def test_a_day_that_is_no_file_is_set_aside_and_told(tmp_path: Path) -> None:
    (tmp_path / f"{MONDAY}.jsonl").mkdir()
    assert len(loaded(tmp_path).problems) == 1
    assert listed(tmp_path) == [f"{MONDAY}.damaged"]


def test_a_creation_that_a_crash_cut_short_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / f"{MONDAY}.jsonl.tmp").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("a person's")
    loaded(tmp_path)
    assert listed(tmp_path) == ["notes.txt"]


def test_a_long_answer_lies_beside_the_journal(tmp_path: Path) -> None:
    content = b'"%s"' % (b"x" * attachments.LIMIT_BYTES)
    event, apart = answered("big", content, "made")
    attachments.write(tmp_path, apart)
    write(tmp_path, MONDAY, accepted("big"), event)
    journal = loaded(tmp_path)
    place = journal.index.open["big"].answer
    assert place is not None
    assert place.length < 1000
    assert journal.answer(place, "big") == content


def test_an_answer_is_not_read_from_a_damaged_line(tmp_path: Path) -> None:
    write(tmp_path, MONDAY, *whole("a"))
    journal = loaded(tmp_path)
    path = tmp_path / f"{MONDAY}.jsonl"
    (first, *_) = journal.places(MONDAY, 0, 1)
    path.write_bytes(path.read_bytes().replace(b"true", b"trux"))
    second = journal.places(MONDAY, first.length, path.stat().st_size)[1]
    with pytest.raises(FileRefused, match="damaged"):
        journal.answer(second, "a")
    path.unlink()
    with pytest.raises(FileNotFoundError):
        journal.answer(second, "a")


def test_places_are_those_of_the_lines(tmp_path: Path) -> None:
    write(tmp_path, MONDAY, *whole("a"))
    path = tmp_path / f"{MONDAY}.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    found = loaded(tmp_path).places(MONDAY, 0, path.stat().st_size)
    offset = 0
    for place, line in zip(found, lines, strict=True):
        assert place == Place(MONDAY, offset, len(line))
        offset += len(line)


def test_a_day_is_deleted_after_thirty_with_what_only_it_names(tmp_path: Path) -> None:
    content = b'"%s"' % (b"x" * attachments.LIMIT_BYTES)
    event, apart = answered("big", content, None)
    attachments.write(tmp_path, apart)
    write(tmp_path, MONDAY, accepted("big"), event, e.AnswerPublished("big"))
    write(tmp_path, TUESDAY, accepted("open"))
    journal = RequestsJournal(tmp_path)
    journal.load()
    journal.expire(date(2026, 12, 23))
    assert "big" in journal.index.ids
    journal.expire(date(2026, 12, 24))
    assert listed(tmp_path) == [f"{TUESDAY}.jsonl", attachments.NAME]
    assert listed(tmp_path / attachments.NAME) == []
    assert "big" not in journal.index.ids
    journal.expire(date(2027, 12, 24))
    assert listed(tmp_path) == [f"{TUESDAY}.jsonl", attachments.NAME]  # something in it is open
    journal.index.apply(e.AnswerPublished("open"), Place(TUESDAY, 0, 0))
    journal.expire(date(2027, 12, 24))
    assert listed(tmp_path) == [attachments.NAME]
    with pytest.raises(JournalMissing):
        read_at(tmp_path / f"{TUESDAY}.jsonl")


def test_a_day_that_is_damaged_when_it_is_opened_again_is_refused(tmp_path: Path) -> None:
    write(tmp_path, MONDAY, *whole("a"))
    journal = loaded(tmp_path)
    (tmp_path / f"{MONDAY}.jsonl").write_bytes(b"nothing")
    with pytest.raises(StorageError):
        journal.open(MONDAY, AT)
