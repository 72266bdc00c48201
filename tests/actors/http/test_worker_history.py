"""What of an output log is told first, at every state that the log can be in."""

from pathlib import Path

import pytest

from actors.http.worker_history import HISTORY_BYTES, Past, Wanted, past
from storage.output_log import OutputLog

LINE = b"x" * 98 + b"\r\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "log"


def write(directory: Path, *outputs: bytes) -> None:
    """One epoch each."""
    for output in outputs:
        log = OutputLog.create(directory)
        log.append(output)
        log.close()


def test_without_a_log_there_is_nothing(directory: Path) -> None:
    assert past(directory, Wanted()) == Past(b"", 0, 0)
    assert past(directory, Wanted(epoch=3)) == Past(b"", 0, 0)


def test_the_end_of_the_newest_from_the_beginning_of_a_line(directory: Path) -> None:
    write(directory, b"old", LINE * 5000)
    found = past(directory, Wanted())
    assert (found.epoch, found.start % len(LINE), found.modes) == (2, 0, "")
    assert found.data == LINE * (len(found.data) // len(LINE))
    assert HISTORY_BYTES - len(LINE) <= len(found.data) <= HISTORY_BYTES
    assert past(directory, Wanted(epoch=1)) == Past(b"old", 0, 1)


def test_modes_that_are_on_there_are_known(directory: Path) -> None:
    write(directory, b"\x1b[?1049h\x1b[?2004h" + LINE * 5000 + b"\x1b[?2004l")
    assert past(directory, Wanted()).modes == "\x1b[?1049h\x1b[?2004h"
    assert past(directory, Wanted(0)).modes == ""


def test_what_is_asked_for_begins_exactly_there(directory: Path) -> None:
    write(directory, LINE * 5000, b"new")
    assert past(directory, Wanted(7, 1)) == Past((LINE * 5000)[7 : 7 + HISTORY_BYTES], 7, 1)
    assert past(directory, Wanted(1)) == Past(b"ew", 1, 2)
    assert past(directory, Wanted(3, 2)) == Past(b"", 3, 2)
    assert past(directory, Wanted(10_000, 2)) == Past(b"", 10_000, 2)


def test_of_what_is_gone_the_next_is_told(directory: Path) -> None:
    write(directory, b"one", b"two", b"three")
    for segment in directory.glob("000001-*"):
        segment.unlink()
    assert past(directory, Wanted(2, 1)) == Past(b"two", 0, 2)
    assert past(directory, Wanted(2, 9)) == Past(b"three", 0, 3)
