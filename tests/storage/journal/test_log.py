"""An append that returned is on disk; one that did not has left nothing behind."""

import errno
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from storage.errors import (
    JournalCorrupt,
    JournalMissing,
    JournalTooNew,
    LineTooLong,
    StorageError,
    StorageFull,
    SyncFailed,
)
from storage.journal.frame import LINE_LIMIT_BYTES
from storage.journal.log import NAME, Draft, Journal, read, size_bytes
from tests.storage.histories import START, added, created, histories
from tests.storage.journal.samples import (
    SESSION,
    contents,
    journal_bytes,
    new_journal,
    numbers,
    sealed,
    written,
)


@contextmanager
def failing(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    error: int = errno.EIO,
    times: int = 1,
    after: int = 0,
) -> Iterator[list[Any]]:
    """The function of `os` fails `times` times, after it worked `after` times."""
    real, calls = getattr(os, name), []

    def fails(*arguments: Any, **keywords: Any) -> Any:
        calls.append(arguments)
        if after < len(calls) <= after + times:
            raise OSError(error, os.strerror(error))
        return real(*arguments, **keywords)

    with monkeypatch.context() as patched:
        patched.setattr(os, name, fails)
        yield calls


@settings(max_examples=25)
@given(histories())
def test_what_was_appended_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, drafts: list[Draft]
) -> None:
    directory = tmp_path_factory.mktemp("journal") / SESSION
    with Journal.create(directory, SESSION, "default", START) as journal:
        assert journal.append(drafts[:1]) == [1]
        journal.append(drafts[1:])
        end = journal.end
    reopened, commits = Journal.open(directory, named_elsewhere=len(drafts))
    reopened.close()
    assert [(c.at, c.events, c.request) for c in commits] == drafts
    assert [c.n for c in commits] == list(range(1, len(drafts) + 1))
    assert reopened.end == end
    assert reopened.torn is None
    assert (reopened.header.session, reopened.header.workspace) == (SESSION, "default")
    assert size_bytes(directory) == end.bytes


def test_a_journal_goes_on_where_it_was_left(tmp_path: Path) -> None:
    new_journal(tmp_path / SESSION, 3).close()
    journal, _ = Journal.open(tmp_path / SESSION)
    assert journal.append([added(4), added(5)]) == [4, 5]
    journal.close()
    assert numbers(tmp_path / SESSION) == [1, 2, 3, 4, 5]


def test_many_commits_take_one_write_and_one_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = new_journal(tmp_path / SESSION)
    with (
        failing(monkeypatch, "write", times=0) as writes,
        failing(monkeypatch, "fdatasync", times=0) as syncs,
    ):
        journal.append([added(number) for number in range(2, 12)])
    journal.close()
    assert (len(writes), len(syncs)) == (1, 1)


def test_lines_name_what_was_confirmed_when_they_were_written(tmp_path: Path) -> None:
    journal = new_journal(tmp_path / SESSION)
    journal.append([added(2), added(3)])
    journal.append([added(4)])
    journal.close()
    assert [c.synced for c in read(tmp_path / SESSION).commits] == [0, 1, 1, 3]


def test_nothing_exists_before_the_first_append(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / SESSION, SESSION, "default", START)
    assert journal.append([]) == []
    assert list(tmp_path.iterdir()) == []
    assert journal.end.n == 0


def test_a_new_journal_is_synced_before_it_has_its_name_and_then_both_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    real_fsync, real_rename = os.fsync, os.rename

    def fsync(descriptor: int) -> None:
        steps.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real_fsync(descriptor)

    def rename(source: str, target: str) -> None:
        steps.append("rename")
        real_rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)
    directory = tmp_path / SESSION
    new_journal(directory).close()
    ends = [f"{directory}/{NAME}.tmp", "rename", str(directory), str(tmp_path)]
    assert steps[-4:] == ends


def test_files_and_directories_are_ours_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        new_journal(tmp_path / SESSION).close()
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / SESSION).stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / SESSION / NAME).stat().st_mode) == 0o600


def test_what_a_crash_left_of_a_creation_is_no_session_and_in_nobody_s_way(tmp_path: Path) -> None:
    directory = tmp_path / SESSION
    directory.mkdir()
    (directory / f"{NAME}.tmp").write_bytes(b'{"n":0,"for')
    with pytest.raises(JournalMissing):
        Journal.open(directory)
    assert size_bytes(directory) is None
    new_journal(directory).close()
    assert list(contents(directory)) == [NAME]


def test_leftovers_of_a_replacement_are_removed_at_the_next_opening(tmp_path: Path) -> None:
    new_journal(tmp_path / SESSION).close()
    (tmp_path / SESSION / f"{NAME}.tmp").write_bytes(b"half")
    assert numbers(tmp_path / SESSION) == [1]
    assert list(contents(tmp_path / SESSION)) == [NAME]


@pytest.mark.parametrize(
    ("function", "error", "expected"),
    [
        ("write", errno.ENOSPC, StorageFull),
        ("write", errno.EIO, StorageError),
        ("fsync", errno.EIO, SyncFailed),
        ("rename", errno.EIO, SyncFailed),
    ],
)
def test_a_creation_that_fails_leaves_nothing_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, error: int, expected: Any
) -> None:
    directory = tmp_path / SESSION
    directory.mkdir()
    journal = Journal.create(directory, SESSION, "default", START)
    for after in range(3 if function == "fsync" else 1):
        with failing(monkeypatch, function, error, after=after), pytest.raises(expected):
            journal.append([created()])
        assert contents(directory) == {}
    assert journal.append([created()]) == [1]
    journal.close()
    assert numbers(directory) == [1]


def test_an_existing_journal_is_never_created_anew(tmp_path: Path) -> None:
    new_journal(tmp_path / SESSION).close()
    with pytest.raises(FileExistsError):
        Journal.create(tmp_path / SESSION, SESSION, "default", START)


def test_a_closed_journal_takes_nothing_more(tmp_path: Path) -> None:
    journal = new_journal(tmp_path / SESSION)
    journal.close()
    journal.close()
    with pytest.raises(ValueError, match="closed"):
        journal.append([added(2)])
    assert numbers(tmp_path / SESSION) == [1]


def test_a_full_disk_leaves_the_journal_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = new_journal(tmp_path / SESSION, 2)
    before = contents(tmp_path / SESSION)
    with failing(monkeypatch, "write", errno.ENOSPC), pytest.raises(StorageFull):
        journal.append([added(3)])
    assert contents(tmp_path / SESSION) == before
    assert journal.append([added(3)]) == [3]
    journal.close()
    assert numbers(tmp_path / SESSION, 3) == [1, 2, 3]


def test_a_write_that_stops_at_a_real_limit_is_taken_back(tmp_path: Path) -> None:
    journal = new_journal(tmp_path / SESSION, 2)
    before = contents(tmp_path / SESSION)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.end.bytes + 100, hard))
    try:
        with pytest.raises(StorageFull):
            journal.append([added(3), added(4)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(tmp_path / SESSION) == before
    assert journal.append([added(3)]) == [3]
    journal.close()


def test_what_could_not_be_taken_back_is_never_written_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / SESSION
    journal = new_journal(directory, 2)
    good = contents(directory)[NAME]
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, content: real(fd, content[:20]))
    with failing(monkeypatch, "ftruncate"), pytest.raises(StorageFull):
        journal.append([added(3)])
    monkeypatch.setattr(os, "write", real)
    assert journal.append([added(3)]) == [3]
    journal.close()
    assert numbers(directory, 3) == [1, 2, 3]
    assert contents(directory)["journal.unsynced-3"] == contents(directory)[NAME][len(good) :][:20]


def test_after_a_failed_sync_the_journal_goes_on_in_a_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / SESSION
    journal = new_journal(directory, 2)
    confirmed, inode = contents(directory)[NAME], (directory / NAME).stat().st_ino
    with failing(monkeypatch, "fdatasync") as syncs, pytest.raises(SyncFailed):
        journal.append([added(3, "lost")])
    assert len(syncs) == 1
    assert (directory / NAME).stat().st_ino != inode
    assert contents(directory)[NAME] == confirmed
    assert b"lost" in contents(directory)["journal.unsynced-3"]
    assert journal.end.n == 2
    assert journal.append([added(3, "kept")]) == [3]
    journal.close()
    assert numbers(directory, 3) == [1, 2, 3]
    assert b"lost" not in contents(directory)[NAME]


def test_while_the_disk_refuses_everything_so_does_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / SESSION
    journal = new_journal(directory, 2)
    confirmed = contents(directory)[NAME]
    with failing(monkeypatch, "fdatasync", times=99), failing(monkeypatch, "fsync", times=99):
        for _ in range(3):
            with pytest.raises(SyncFailed):
                journal.append([added(3)])
    assert contents(directory)[NAME] == confirmed
    assert journal.append([added(3)]) == [3]
    journal.close()
    assert numbers(directory, 3) == [1, 2, 3]


def test_no_single_failure_gives_a_false_acknowledgement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call of the way of a failed sync fails in turn, once; what was said to be there is."""
    for function in ("fsync", "rename", "write", "pread", "ftruncate", "open"):
        for after in range(4):
            directory = tmp_path / f"{function}-{after}"
            journal = new_journal(directory, 2)
            done = [1, 2]
            with failing(monkeypatch, "fdatasync"), failing(monkeypatch, function, after=after):
                for number in (3, 4, 5):
                    try:
                        done += journal.append([added(number)])
                    except (SyncFailed, StorageError):
                        continue
            journal.close()
            assert numbers(directory, done[-1]) == done


def test_nothing_of_a_group_is_written_when_one_line_is_too_long(tmp_path: Path) -> None:
    journal = new_journal(tmp_path / SESSION)
    before = contents(tmp_path / SESSION)
    with pytest.raises(LineTooLong):
        journal.append([added(2), added(3, "x" * LINE_LIMIT_BYTES)])
    journal.close()
    assert contents(tmp_path / SESSION) == before


def test_reading_changes_nothing_and_says_how_it_ends(tmp_path: Path) -> None:
    new_journal(tmp_path / SESSION, 3).close()
    whole = contents(tmp_path / SESSION)[NAME]
    written(tmp_path / SESSION, whole[:-10])
    found = read(tmp_path / SESSION)
    assert [c.n for c in found.commits] == [1, 2]
    assert found.fault is not None
    assert (found.fault.number, found.fault.offset) == (3, found.end.bytes)
    assert contents(tmp_path / SESSION)[NAME] == whole[:-10]


def test_a_journal_of_a_later_greenroom_is_refused_with_its_file(tmp_path: Path) -> None:
    header = sealed(b'{"n":0,"format":2,"session":"a","workspace":"b","at":"later"')
    written(tmp_path / SESSION, header + b"\n")
    with pytest.raises(JournalTooNew, match=rf"{SESSION}/{NAME}.*format 2"):
        Journal.open(tmp_path / SESSION)


def test_a_link_in_the_place_of_a_journal_is_refused(tmp_path: Path) -> None:
    new_journal(tmp_path / "other").close()
    (tmp_path / SESSION).mkdir()
    (tmp_path / SESSION / NAME).symlink_to(tmp_path / "other" / NAME)
    with pytest.raises(StorageError):
        Journal.open(tmp_path / SESSION)


@pytest.mark.parametrize("kind", ["link", "directory", "pipe", "link to its directory"])
def test_what_is_no_file_of_its_own_is_corrupt_and_never_waited_on(
    tmp_path: Path, kind: str
) -> None:
    directory = written(tmp_path / "place", b"".join(journal_bytes(2)))
    path = directory / NAME
    if kind == "link to its directory":
        directory.rename(tmp_path / "elsewhere")
        directory.symlink_to(tmp_path / "elsewhere")
    else:
        path.rename(tmp_path / "elsewhere")
    if kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    for look in (read, Journal.open):
        with pytest.raises(JournalCorrupt, match="put the"):
            look(directory)
    if kind != "link to its directory":
        assert size_bytes(directory) is None
