"""What a session in the trash has in git, gone for good."""

import os
from pathlib import Path

import pytest

from actors.git import mounts
from actors.git.left_places import REMOVING
from actors.messages import outcomes as o
from actors.sessions.shelved_worktrees import KeptInGit
from tests.actors.git.places import do
from tests.actors.git.removed_place import AT, FORCED, REF, SESSION, Place

TIME = REF.rpartition("/")[2]


def test_what_its_removal_left_goes_with_its_refs_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, table = Place(tmp_path), tmp_path / "table"
    left = place.worktree.with_name(f"{REMOVING}{SESSION}-{TIME}")
    table.write_text(f"36 35 98:0 / {left}/disk rw,noatime - ext3 /dev/root rw\n")
    monkeypatch.setattr(mounts, "TABLE", table)
    done = place.remover().remove(FORCED, AT)
    assert isinstance(done, o.WorktreeRemoved)
    table.write_text("")
    other = left.with_name(f"{REMOVING}mnopqrstuvwx-{TIME}")
    other.mkdir()
    KeptInGit(place.session, done.worktree).forget(os.environ)
    assert list(left.parent.iterdir()) == [other]
    assert do(place.repository, "for-each-ref", "refs/greenroom") == ""
