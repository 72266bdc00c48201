"""The room that is kept back for the lines that end things."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from storage import durable, reserve
from storage.errors import StorageError, StorageFull


def test_the_room_is_there_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    reserve.keep(path)
    reserve.keep(path)
    status = path.stat()
    assert (status.st_size, stat.S_IMODE(status.st_mode)) == (1 << 20, 0o600)
    assert status.st_blocks * 512 >= 1 << 20
    assert reserve.release(path)
    assert not reserve.release(path)
    assert not path.exists()


def test_one_of_another_size_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    path.write_bytes(b"short")
    reserve.keep(path)
    assert path.stat().st_size == reserve.SIZE_BYTES


def test_too_little_room_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(durable, "allocate", full)
    with pytest.raises(StorageFull):
        reserve.keep(tmp_path / "reserve")
    assert list(tmp_path.iterdir()) == []


def test_a_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    reserve.probe(tmp_path / "probe")
    assert list(tmp_path.iterdir()) == []


def test_a_probe_of_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        reserve.probe(tmp_path / "nowhere" / "probe")


def test_a_system_without_preallocation_writes_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fallocate")
    reserve.keep(tmp_path / "reserve")
    assert (tmp_path / "reserve").stat().st_size == reserve.SIZE_BYTES


def test_a_reserve_that_cannot_be_removed_is_said(tmp_path: Path) -> None:
    (tmp_path / "reserve").mkdir()
    with pytest.raises(StorageError):
        reserve.release(tmp_path / "reserve")
