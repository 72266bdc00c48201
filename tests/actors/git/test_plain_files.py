"""Files that are none, and that nobody waits for; and an index that would fill a disk."""

import os
from pathlib import Path

import pytest

from actors.git import plain_files, snapshot
from actors.git.safety import see
from tests.actors.git.places import git_in, new_repository


def pipe(path: Path) -> None:
    os.mkfifo(path)


def without_end(path: Path) -> None:
    path.symlink_to("/dev/zero")


def directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [pipe, without_end, directory])
def test_what_is_no_plain_file_is_not_read(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / "file")
    assert plain_files.begin_of(tmp_path / "file", 10) is None
    with pytest.raises(OSError, match="no plain file"):
        plain_files.opened(tmp_path / "file")
    with pytest.raises(OSError, match="no plain file"):
        plain_files.copy(tmp_path / "file", tmp_path / "copy", 10)
    assert not (tmp_path / "copy").exists()


def test_a_copy_has_the_time_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    os.utime(tmp_path / "file", ns=(1, 1_700_000_000_000_000_007))
    plain_files.copy(tmp_path / "file", tmp_path / "copy", 10)
    assert (tmp_path / "copy").read_bytes() == b"0123456789"
    assert (tmp_path / "copy").stat().st_mtime_ns == 1_700_000_000_000_000_007
    assert plain_files.begin_of(tmp_path / "file", 4) == b"0123"
    assert plain_files.begin_of(tmp_path / "none", 4) is None


def test_of_one_that_is_too_large_nothing_is_written(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(40 << 30)
    with pytest.raises(OSError, match="larger than 512 MiB"):
        plain_files.copy(tmp_path / "file", tmp_path / "copy", snapshot.INDEX_BYTES)
    assert (tmp_path / "copy").stat().st_size == 0


def test_an_index_that_is_none_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, index = new_repository(tmp_path / "home"), tmp_path / "home" / ".git" / "index"
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))
    index.unlink()
    index.symlink_to("/dev/zero")
    assert "index is a link, a pipe or a device" in (see(git_in(repository)).problem or "")
    index.unlink()
    with index.open("wb") as file:
        file.truncate(40 << 30)
    assert "index is larger than 512 MiB" in (see(git_in(repository)).problem or "")
    index.unlink()
    os.mkfifo(index)
    assert "index is a link, a pipe or a device" in (see(git_in(repository)).problem or "")
    assert list(copies.iterdir()) == []
