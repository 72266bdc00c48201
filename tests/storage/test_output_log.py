"""The output log against a real directory; a file size limit stands for the full disk."""

import os
import resource
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage import output_log
from storage.output_log import OutputLog, last_lines, page_before, read, tail


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "session" / "terminals" / "worker"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_log, "SEGMENT_BYTES", 10)
    monkeypatch.setattr(output_log, "WORKER_LIMIT_BYTES", 40)
    monkeypatch.setattr(output_log, "RING_BYTES", 8)


@contextmanager
def disk_takes(size_bytes: int) -> Iterator[None]:
    """No file may grow past this: writes are short, then fail."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def stored(directory: Path, start: int = 0) -> bytes:
    return read(directory, start=start, limit=10**9).data


def test_what_was_appended_is_read_back_from_any_offset(directory: Path) -> None:
    log = OutputLog.create(directory)
    log.append(b"hello ")
    log.append(b"world")
    got = read(directory, start=3, limit=4)
    assert (got.data, got.start, got.next, got.end, got.epoch) == (b"lo w", 3, 7, 11, 1)
    assert read(directory, start=11, limit=4).data == b""
    assert read(directory, start=99, limit=4).start == 11
    log.close()


def test_a_negative_start_counts_from_the_end(directory: Path) -> None:
    log = OutputLog.create(directory)
    log.append(b"0123456789")
    log.close()
    assert read(directory, start=-3, limit=100).data == b"789"
    assert read(directory, start=-300, limit=2).data == b"01"
    assert tail(directory, 4) == b"6789"
    assert tail(directory, 0) == b""


def test_each_incarnation_begins_the_next_epoch_even_without_output(directory: Path) -> None:
    for text in (b"one", b"", b"three"):
        log = OutputLog.create(directory)
        log.append(text)
        log.close()
    assert read(directory, limit=10).epochs == (1, 2, 3)
    assert read(directory, limit=10).data == b"three"
    assert read(directory, epoch=1, limit=10).data == b"one"
    assert read(directory, epoch=7, limit=10).data == b""


def test_an_epoch_that_never_began_is_used_again(directory: Path) -> None:
    OutputLog.create(directory).discard()
    assert names(directory) == []
    log = OutputLog.create(directory)
    assert log.epoch == 1
    log.close()


def test_no_directory_is_an_empty_slice(tmp_path: Path) -> None:
    got = read(tmp_path / "none", limit=10)
    assert (got.data, got.end, got.epochs) == (b"", 0, ())


def test_files_and_directories_are_private_whatever_the_umask(directory: Path) -> None:
    before = os.umask(0)
    try:
        log = OutputLog.create(directory)
        log.append(b"x")
        log.close()
    finally:
        os.umask(before)
    modes = {oct(path.stat().st_mode & 0o777) for path in (directory, directory.parent)}
    assert modes == {"0o700"}
    assert {oct(path.stat().st_mode & 0o777) for path in directory.iterdir()} == {"0o600"}


def test_a_wider_directory_is_tightened_and_a_symlink_refused(tmp_path: Path) -> None:
    wide = tmp_path / "wide"
    wide.mkdir(mode=0o777)
    OutputLog.create(wide).close()
    assert wide.stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(wide)
    with pytest.raises(OSError, match="link"):
        OutputLog.create(tmp_path / "link")


def test_reading_goes_over_segments(directory: Path, small: None) -> None:
    log = OutputLog.create(directory)
    log.append(b"0123456789abcdefghijKLMNO")
    assert len(names(directory)) == 3
    assert read(directory, start=8, limit=14).data == b"89abcdefghijKL"
    log.close()


def test_the_oldest_is_dropped_and_reading_there_starts_at_the_oldest_kept(
    directory: Path, small: None
) -> None:
    log = OutputLog.create(directory)
    for number in range(10):
        log.append(b"%d" % number * 10)
    got = read(directory, start=5, limit=1000)
    assert got.start == 60
    assert got.data == b"".join(b"%d" % number * 10 for number in range(6, 10))
    assert got.end == log.end == 100
    log.close()


def test_older_epochs_count_and_go_first(directory: Path, small: None) -> None:
    for _ in range(3):
        log = OutputLog.create(directory)
        log.append(b"x" * 20)
        log.close()
    assert sum(path.stat().st_size for path in directory.iterdir()) <= 40
    assert read(directory, limit=100).epochs == (2, 3)


def test_a_short_write_goes_on_where_it_stopped_without_a_gap(directory: Path) -> None:
    log = OutputLog.create(directory)
    with disk_takes(4):
        log.append(b"0123456789")
        assert log.has_unwritten
        assert stored(directory) == b"0123"
        assert log.read(2, 100).data == b"23"
        assert log.read(4, 3).data == b"456"
    log.append(b"ab")
    assert stored(directory) == b"0123456789ab"
    assert log.lost_bytes == 0
    log.close()


def test_past_the_ring_a_gap_is_left_and_offsets_go_on_counting(
    directory: Path, small: None
) -> None:
    log = OutputLog.create(directory)
    log.append(b"AAAA")
    with disk_takes(0):
        for piece in (b"01234", b"56789", b"abcde"):
            log.append(piece)
        assert log.lost_bytes == 7
        assert log.read(4, 100).start == 11
    assert log.flush()
    first = read(directory, limit=100)
    assert (first.data, first.next, first.end) == (b"AAAA", 4, 19)
    rest = read(directory, start=first.next, limit=100)
    assert (rest.start, rest.data) == (11, b"789abcde")
    assert tail(directory, 15) == b"789abcde"
    log.close()


def test_a_full_disk_leaves_no_trail_of_empty_segments(directory: Path, small: None) -> None:
    log = OutputLog.create(directory)
    with disk_takes(0):
        for _ in range(20):
            log.append(b"0123456789")
    assert len(names(directory)) == 1
    log.close()


def test_a_reader_keeps_up_with_a_writer_that_drops(directory: Path, small: None) -> None:
    log = OutputLog.create(directory)
    offset = 0
    for number in range(200):
        log.append(b"%05d" % number)
        got = read(directory, start=offset, limit=100)
        assert got.data.endswith(b"%05d" % number)
        offset = got.next
    assert offset == 1000
    log.close()


def test_what_is_written_after_its_files_were_removed_is_kept(directory: Path) -> None:
    log = OutputLog.create(directory)
    log.append(b"before")
    for path in directory.iterdir():
        path.unlink()
    log.append(b"after")
    got = read(directory, limit=100)
    assert (got.data, got.start, got.end, got.epoch) == (b"after", 6, 11, 1)
    assert log.lost_bytes == 0
    log.close()


def test_a_directory_that_was_removed_is_made_again(directory: Path) -> None:
    log = OutputLog.create(directory)
    log.append(b"before")
    shutil.rmtree(directory.parent)  # of all workers of the session
    log.append(b"after")
    log.append(b" that")
    assert stored(directory) == b"after that"
    assert log.read(8, 100).data == b"ter that"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert OutputLog.create(directory).epoch == 2
    log.close()


def test_a_session_that_was_removed_is_not(directory: Path) -> None:
    log = OutputLog.create(directory)
    log.append(b"before")
    shutil.rmtree(directory.parents[1])
    log.append(b"after")
    assert log.has_unwritten
    assert not directory.parents[1].exists()
    assert log.read(6, 100).data == b"after"
    directory.parents[1].mkdir()
    assert log.flush()
    assert stored(directory) == b"after"
    log.close()


def test_after_the_end_nothing_is_made_again(directory: Path) -> None:
    """A deleted worker's directory is gone for good, whatever its last words."""
    log = OutputLog.create(directory)
    log.append(b"before")
    log.ends()
    shutil.rmtree(directory)
    log.append(b"after")
    log.close()
    assert not directory.exists()


def backwards(directory: Path, limit: int) -> list[bytes]:
    pages = [page_before(directory, limit=limit)]
    while pages[-1].start and pages[-1].data:
        pages.append(page_before(directory, before=pages[-1].start, limit=limit))
    return [page.data for page in pages if page.data]


def test_pages_read_backwards_join(directory: Path, small: None) -> None:
    log = OutputLog.create(directory)
    log.append(b"0123456789abcdefghij")
    assert backwards(directory, 7) == [b"defghij", b"6789abc", b"012345"]
    assert page_before(directory, before=0, limit=7).data == b""
    assert page_before(directory, before=99, limit=7).data == b""
    assert page_before(directory, before=4, limit=100).data == b"0123"
    log.close()


def test_pages_read_backwards_end_at_what_was_dropped(directory: Path, small: None) -> None:
    log = OutputLog.create(directory)
    for _ in range(10):
        log.append(b"0123456789")
    kept = sum(path.stat().st_size for path in directory.iterdir())
    assert len(b"".join(backwards(directory, 7))) == kept < 100
    assert page_before(directory, before=3, limit=7).data == b""
    log.close()


def test_before_a_gap_pages_go_on(directory: Path, small: None) -> None:
    log = OutputLog.create(directory)
    log.append(b"AAAA")
    with disk_takes(0):
        log.append(b"0123456789abcde")
    log.flush()
    newest = page_before(directory, limit=100)
    assert (newest.data, newest.start) == (b"789abcde", 11)
    assert page_before(directory, before=newest.start, limit=100).data == b"AAAA"
    log.close()


@pytest.mark.parametrize(
    ("count", "wanted"),
    [(None, b"a\nb\n\nc"), (1, b"c"), (2, b"\nc"), (3, b"b\n\nc"), (9, b"a\nb\n\nc")],
)
def test_the_last_lines_of_a_piece(directory: Path, count: int | None, wanted: bytes) -> None:
    log = OutputLog.create(directory)
    log.append(b"a\nb\n\nc")
    cut = last_lines(read(directory, limit=100), count)
    assert (cut.data, cut.start + len(wanted)) == (wanted, 6)
    log.append(b"\n")
    cut = last_lines(read(directory, limit=100), count)
    assert cut.data == wanted + b"\n"
    log.close()
