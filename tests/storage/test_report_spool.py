"""Reports are read whole, in order, bounded, and stay until they are removed."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import report_spool
from storage.report_spool import ReportSpool

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def spool(tmp_path: Path) -> ReportSpool:
    made = ReportSpool(tmp_path / "agents" / "worker")
    made.prepare(b"{}")
    return made


def leave(spool: ReportSpool, name: str, seconds: float, content: str = "{}") -> None:
    """So many seconds before now."""
    path = spool.reports / name
    path.write_text(content)
    at = NOW.timestamp() - seconds
    os.utime(path, (at, at))


def names(spool: ReportSpool, *known: str) -> list[str]:
    return [one.name for one in spool.look(NOW, known)]


def test_they_come_in_the_order_in_which_they_were_left(spool: ReportSpool) -> None:
    leave(spool, "c", 3)
    leave(spool, "a", 2)
    leave(spool, "b", 1, "last")
    assert names(spool) == ["c", "a", "b"]
    last = spool.look(NOW)[-1]
    assert (last.at, last.content) == (NOW - timedelta(seconds=1), b"last")


def test_they_stay_until_they_are_removed(spool: ReportSpool) -> None:
    leave(spool, "a", 2)
    leave(spool, "b", 1)
    assert names(spool) == names(spool) == ["a", "b"]
    assert names(spool, "a") == ["b"]
    assert spool.remove(["a", "gone"]) == {"a", "gone"}
    assert names(spool) == ["b"]
    spool.clear()
    assert names(spool) == []


def test_none_is_from_the_future_or_from_before_all_time(spool: ReportSpool) -> None:
    leave(spool, "soon", -1e6)
    leave(spool, "old", NOW.timestamp() + 1e6)
    old, soon = spool.look(NOW)
    assert (soon.at, old.at) == (NOW, datetime.fromtimestamp(0, UTC))


def test_what_is_half_written_is_not_read_and_goes_when_it_is_old(spool: ReportSpool) -> None:
    leave(spool, ".new", 1)
    leave(spool, ".old", report_spool.HALF_WRITTEN_SECONDS + 1)
    assert names(spool) == []
    assert [path.name for path in spool.reports.iterdir()] == [".new"]


def test_what_is_too_large_goes_and_what_is_no_file_is_left(
    spool: ReportSpool, caplog: pytest.LogCaptureFixture
) -> None:
    leave(spool, "large", 1, "x" * (report_spool.LONGEST_BYTES + 1))
    leave(spool, "largest", 1, "x" * report_spool.LONGEST_BYTES)
    (spool.reports / "link").symlink_to("/etc/passwd")
    (spool.reports / "directory").mkdir()
    os.mkfifo(spool.reports / "pipe")
    assert names(spool) == ["largest"]
    left = {path.name for path in spool.reports.iterdir()}
    assert left == {"largest", "link", "directory", "pipe"}
    assert "larger than" in caplog.text


def test_of_many_the_oldest_come_first(spool: ReportSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_spool, "MOST_AT_ONCE", 3)
    for number in range(5):
        leave(spool, str(number), 10 - number)
    assert names(spool) == ["0", "1", "2"]
    assert names(spool, "0", "1") == ["2", "3", "4"]


def test_everything_is_private_and_preparing_again_keeps_it(spool: ReportSpool) -> None:
    for directory in (spool.place.parent, spool.place, spool.reports):
        assert directory.stat().st_mode & 0o777 == 0o700
    assert spool.settings.stat().st_mode & 0o777 == 0o600
    leave(spool, "a", 1)
    spool.prepare(b"new")
    assert (spool.settings.read_bytes(), names(spool)) == (b"new", ["a"])


def test_before_it_is_prepared_there_is_nothing(tmp_path: Path) -> None:
    spool = ReportSpool(tmp_path / "none")
    spool.clear()
    assert (spool.look(NOW), spool.place.exists()) == ([], False)
