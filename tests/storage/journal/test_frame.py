"""One line: what is encoded comes back, and what is not ours is refused by name."""

import json
import zlib
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings

from storage.errors import FileRefused, JournalTooNew, LineTooLong
from storage.journal import frame
from storage.journal.log import Draft
from storage.records import event as e
from tests.storage.histories import START, histories, message
from tests.storage.journal.samples import sealed

WRONG_TYPE = e.WorkerDeleted(5)  # type: ignore[arg-type]


def commit(**changes: Any) -> frame.Commit:
    values = {
        "n": 17,
        "synced": 15,
        "prev": "51e0c7d3",
        "at": START,
        "events": (e.MessageAdded(message("one")),),
    }
    return frame.Commit(**{**values, **changes})


def rewritten(old: bytes, new: bytes) -> bytes:
    body = frame.encode_commit(commit())[:-1].rpartition(b',"crc":')[0]
    assert old in body
    return sealed(body.replace(old, new))


@settings(max_examples=40)
@given(histories())
def test_a_commit_comes_back_as_it_was(drafts: list[Draft]) -> None:
    for number, (at, events, request) in enumerate(drafts, 1):
        before = commit(n=number, at=at, events=tuple(events), request=request)
        line = frame.encode_commit(before)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert frame.is_whole(line[:-1])
        assert frame.decode_commit(line[:-1]) == before


def test_the_line_reads_as_the_format_says() -> None:
    line = frame.encode_commit(commit(request="r-1"))
    told = json.loads(line)
    assert list(told) == ["n", "synced", "prev", "at", "request", "events", "crc"]
    assert told["at"] == "2026-11-21T05:40:12.123456Z"
    assert told["events"][0]["type"] == "message-added"
    covered = line[: line.index(b',"crc":')]
    assert told["crc"] == f"{zlib.crc32(covered):08x}"
    assert frame.crc_of(line[:-1]) == told["crc"]
    assert "request" not in json.loads(frame.encode_commit(commit()))


def test_a_header_comes_back_and_names_the_journal() -> None:
    header = frame.Header(session="abcdefghijkl", workspace="default", at=START)
    line = frame.encode_header(header)
    assert list(json.loads(line)) == ["n", "format", "session", "workspace", "at", "crc"]
    assert frame.decode_header(line[:-1]) == header


def test_every_flipped_bit_is_noticed() -> None:
    line = frame.encode_commit(commit())[:-1]
    for position in range(len(line)):
        for bit in range(8):
            flipped = bytearray(line)
            flipped[position] ^= 1 << bit
            assert not frame.is_whole(bytes(flipped))


def test_a_newer_format_is_refused_by_name() -> None:
    line = sealed(b'{"n":0,"format":7,"session":"a","workspace":"b","whatever":1')
    with pytest.raises(JournalTooNew, match="format 7"):
        frame.decode_header(line)


@pytest.mark.parametrize("body", [b'{"n":1,"format":1', b'{"n":0,"format":0', b'{"n":0', b'"x"'])
def test_a_first_line_that_is_no_header_is_refused(body: bytes) -> None:
    with pytest.raises(FileRefused):
        frame.decode_header(sealed(body))


def test_an_unknown_event_type_is_refused_by_name() -> None:
    with pytest.raises(JournalTooNew, match="number 17 has an event 'message-dreamt'"):
        frame.decode_commit(rewritten(b'"message-added"', b'"message-dreamt"'))


def test_an_unknown_kind_inside_a_known_event_is_refused_as_newer() -> None:
    with pytest.raises(JournalTooNew, match="number 17 has something unknown"):
        frame.decode_commit(rewritten(b'"type":"text"', b'"type":"smell"'))


def test_an_unknown_field_is_passed_over() -> None:
    line = rewritten(b'{"type":"message-added"', b'{"type":"message-added","colour":"red"')
    assert frame.decode_commit(line) == commit()


def test_a_whole_line_that_is_no_commit_is_refused() -> None:
    with pytest.raises(FileRefused):
        frame.decode_commit(sealed(b'{"n":17'))


def test_a_line_has_at_most_four_mebibytes_with_its_newline() -> None:
    spare = frame.LINE_LIMIT_BYTES - len(frame.encode_commit(commit(events=(added_text(""),))))
    longest = frame.encode_commit(commit(events=(added_text("x" * spare),)))
    assert len(longest) == frame.LINE_LIMIT_BYTES
    with pytest.raises(LineTooLong, match="4194305 bytes"):
        frame.encode_commit(commit(events=(added_text("x" * (spare + 1)),)))


def added_text(text: str) -> e.MessageAdded:
    return e.MessageAdded(message("one", text))


def test_what_fits_is_known_before_it_has_a_number() -> None:
    frame.require_fit(START, (added_text("short"),), "request")
    with pytest.raises(LineTooLong):
        frame.require_fit(START, (added_text("x" * frame.LINE_LIMIT_BYTES),))


@pytest.mark.parametrize(
    "changes",
    [
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001 - a time without zone is the point
        {"events": (e.ContextWindowCritical(float("nan"), 5),)},
        {"events": (WRONG_TYPE,)},
        {"n": "seventeen"},
    ],
)
def test_what_could_not_be_read_back_is_not_written(changes: Any) -> None:
    with pytest.raises(ValueError, match="could not be read back"):
        frame.encode_commit(commit(**changes))
