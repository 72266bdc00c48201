"""A file is put in place whole, or not at all."""

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage import durable
from storage.errors import FileRefused, StorageError, StorageFull
from tests.storage.listing import listed


def raising(number: int) -> Callable[..., object]:
    def fails(*arguments: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fails


@pytest.mark.parametrize("function", ["write", "fsync", "rename"])
def test_a_replacement_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    path = tmp_path / "file"
    durable.replace_file(path, b"one")
    with monkeypatch.context() as patched:
        patched.setattr(os, function, raising(errno.EIO))
        with pytest.raises(StorageError, match="Input/output error"):
            durable.replace_file(path, b"two")
    assert path.read_bytes() == b"one"
    assert listed(tmp_path) == ["file"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_space_has_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "write", raising(number))
    with pytest.raises(StorageFull):
        durable.replace_file(tmp_path / "file", b"one")
    with pytest.raises(StorageFull):
        durable.append_line(tmp_path / "lines", b"one\n")


def test_writing_goes_on_where_a_short_write_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, content: real(fd, content[:2]))
    durable.replace_file(tmp_path / "file", b"seven!!")
    assert (tmp_path / "file").read_bytes() == b"seven!!"


def test_a_line_after_a_torn_one_stands_alone(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    durable.append_line(path, b"one\n")
    with path.open("ab") as file:
        file.write(b"half")
    durable.append_line(path, b"two\n")
    durable.append_line(path, b"three\n", synced=False)
    assert path.read_bytes() == b"one\nhalf\ntwo\nthree\n"


def test_a_copy_that_ends_early_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"short")
    source = os.open(tmp_path / "source", os.O_RDONLY)
    target = durable.create(tmp_path / "target")
    try:
        with pytest.raises(OSError, match="shorter"):
            durable.copy_range(source, target, 0, 100)
    finally:
        os.close(source)
        os.close(target)


def test_a_small_file_is_read_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    assert durable.read_small(tmp_path / "file", 5) == b"12345"
    assert durable.read_small(tmp_path / "link", 5) == b"12345"
    with pytest.raises(FileRefused, match="larger"):
        durable.read_small(tmp_path / "file", 4)
    with pytest.raises(FileRefused, match="it is a link"):
        durable.read_small(tmp_path / "link", 5, follow_links=False)
    with pytest.raises(FileRefused, match="cannot be opened"):
        durable.read_small(tmp_path / ("long" * 100), 5)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
    with pytest.raises(FileRefused, match="not a regular file"):
        durable.read_small(tmp_path / "socket", 5)
    with pytest.raises(FileRefused, match="not a regular file"):
        durable.read_small(tmp_path, 5)
    with pytest.raises(FileRefused, match="no good"):
        durable.read_small(tmp_path / "file", 5, fault=lambda status: "no good")
    with pytest.raises(FileNotFoundError):
        durable.read_small(tmp_path / "gone", 5)
