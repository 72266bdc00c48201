"""What is mounted within a directory, by the kernel's own table and by ones that are written."""

from pathlib import Path

import pytest

from actors.git import mounts
from actors.git.mounts import mounts_below


def test_the_kernels_own_table_is_read(tmp_path: Path) -> None:
    assert "/proc" in mounts_below(Path("/"))
    assert mounts_below(tmp_path) == ()


def test_names_are_read_as_they_are_and_only_what_is_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "table"
    places = (b"/w", rb"/w/a\040b\134", b"/wider", b"/")
    table.write_bytes(b"".join(b"1 2 8:0 / %s rw - ext4 /dev/a rw\n" % each for each in places))
    monkeypatch.setattr(mounts, "TABLE", table)
    assert mounts_below(Path("/w")) == ("/w", "/w/a b\\")
    monkeypatch.setattr(mounts, "TABLE", tmp_path / "none")
    assert mounts_below(Path("/w")) == ()
