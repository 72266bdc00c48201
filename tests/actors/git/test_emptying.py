"""Directories of every kind, removed."""

import os
from pathlib import Path

import pytest

from actors.git import mounts
from actors.git.emptying import emptied

DEEP = 3000
"""Deeper than Python recurses, and longer than a path may be."""


def test_however_deep_it_is(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    (top / "file").write_text("")
    here = os.open(top, os.O_RDONLY)
    for _ in range(DEEP):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert emptied(top) is None
    assert list(tmp_path.iterdir()) == []


def test_whatever_rights_it_has_and_never_what_a_link_leads_to(tmp_path: Path) -> None:
    away, top = tmp_path / "away", tmp_path / "top"
    away.mkdir()
    (away / "stays").write_text("")
    (top / "a" / "b").mkdir(parents=True)
    (top / "a" / "b" / "file").write_text("")
    (top / "a" / "link").symlink_to(away)
    for path in (top / "a" / "b", top / "a", top):
        path.chmod(0o500)
    assert emptied(top) is None
    assert [path.name for path in tmp_path.iterdir()] == ["away"]
    assert (away / "stays").exists()


def test_what_is_not_there_is_no_fault(tmp_path: Path) -> None:
    assert emptied(tmp_path / "none") is None


def test_a_mount_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "disk").mkdir()
    table = tmp_path / "table"
    table.write_text(f"36 35 98:0 / {tmp_path}/disk rw,noatime - ext3 /dev/root rw\n")
    monkeypatch.setattr(mounts, "TABLE", table)
    assert emptied(tmp_path) == f"{tmp_path} stays, for {tmp_path}/disk is a mount"
    assert (tmp_path / "disk").is_dir()
