"""How the daemon's process starts and fails to; what it does then is in the end-to-end tests."""

import errno
import logging
import os
import resource
import subprocess
from pathlib import Path
from typing import TextIO

import pytest

from actors import daemon
from actors.daemon import (
    FAILED_STATUS,
    REFUSED_STATUS,
    BoundedHandler,
    main,
    start_failure_status,
)
from actors.entry import entry_command
from actors.log_bound import LIMIT_BYTES
from storage import durable
from storage.data_dir import DataDir, Lock
from storage.errors import AlreadyRunning, DataDirectoryRefused, StorageError

PASSING = [errno.ENOSPC, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EDQUOT, errno.EROFS]
FINAL = [errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ENOENT]


def as_stored(number: int) -> StorageError:
    with pytest.raises(StorageError) as raised, durable.named_failures(Path("place")):
        raise OSError(number, os.strerror(number))
    return raised.value


@pytest.mark.parametrize("number", PASSING)
def test_what_may_pass_is_worth_another_start(number: int) -> None:
    assert start_failure_status(OSError(number, os.strerror(number))) == FAILED_STATUS
    assert start_failure_status(as_stored(number)) == FAILED_STATUS


@pytest.mark.parametrize("number", FINAL)
def test_what_a_person_has_to_mend_is_final(number: int) -> None:
    assert start_failure_status(OSError(number, os.strerror(number))) == REFUSED_STATUS
    assert start_failure_status(as_stored(number)) == REFUSED_STATUS


def test_a_refused_directory_is_final(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start_failure_status(DataDirectoryRefused("a link")) == REFUSED_STATUS
    (tmp_path / "file").touch()
    assert main(["--data", str(tmp_path / "file")]) == REFUSED_STATUS
    assert "is not a directory" in capsys.readouterr().err


def logger_to(stream: TextIO, log: Path) -> logging.Logger:
    made = logging.getLogger("to a log")
    made.handlers = [BoundedHandler(stream, log)]
    return made


def test_its_log_is_kept_small(tmp_path: Path) -> None:
    log = tmp_path / "daemon.log"
    with log.open("a") as stream:
        said = logger_to(stream, log)
        for number in range(25):
            said.error("%d %s", number, "x" * (1 << 20))
        said.error("the end")
    older = log.with_name("daemon.log.1")
    assert log.read_text().endswith("the end\n")
    assert log.stat().st_size + older.stat().st_size < 25 << 20
    assert LIMIT_BYTES < older.stat().st_size < LIMIT_BYTES + (2 << 20)


def test_a_file_that_is_not_its_log_is_let_be(tmp_path: Path) -> None:
    log, mine = tmp_path / "daemon.log", tmp_path / "mine.txt"
    log.write_text("of another daemon\n")
    with mine.open("a") as stream:
        logger_to(stream, log).error("x" * (LIMIT_BYTES + 1))
    assert mine.stat().st_size > LIMIT_BYTES
    assert log.read_text() == "of another daemon\n"


def on_a_full_disk(data: Path) -> subprocess.CompletedProcess[str]:
    """The daemon, unable to add a byte to any file."""

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    return subprocess.run(
        entry_command("daemon", "--data", str(data)),
        preexec_fn=full,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_start_on_a_full_disk_is_to_be_tried_again(tmp_path: Path) -> None:
    done = on_a_full_disk(tmp_path / "data")
    assert done.returncode == FAILED_STATUS
    assert "greenroom cannot start: no space left for" in done.stderr


def test_a_process_id_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = DataDir(tmp_path / "data")
    data.lock().release()
    data.daemon_pid.write_text("of an earlier one")

    def full(*_: object, **__: object) -> None:
        raise StorageError("full")

    monkeypatch.setattr(durable, "replace_file", full)
    lock = data.lock()
    assert not data.daemon_pid.exists()
    with pytest.raises(AlreadyRunning, match="not said which"):
        data.lock()
    lock.release()


def test_whoever_only_looks_at_the_lock_keeps_no_daemon_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = DataDir(tmp_path / "data")
    looking = data.lock()
    tried = []

    def lock(own: DataDir) -> Lock:
        tried.append(own)
        if len(tried) == 3:
            looking.release()
        return once(own)

    once = DataDir.lock
    monkeypatch.setattr(DataDir, "lock", lock)
    daemon._locked(data).release()
    assert len(tried) == 3
