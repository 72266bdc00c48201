"""The worktree of a repository that was moved: removed all the same, whatever comes between."""

from pathlib import Path
from typing import Any

import pytest

from storage.records.removal import Removal
from tests.actors.git.places import do
from tests.actors.git.removed_place import AT, REF, Place, cut_short
from tests.actors.git.test_removal import STEPS


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Moved, and mended by what is advised then."""
    found = Place(tmp_path)
    found.fill()
    found.repository = found.repository.rename(tmp_path / "moved")
    do(found.repository, "worktree", "repair", str(found.worktree))
    do(found.repository, "branch", "kept", "work")
    return found


@pytest.mark.parametrize(("where", "name", "when"), STEPS)
def test_a_crash_at_each_step_keeps_nobody_from_removing_it(
    place: Place, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, when: str
) -> None:
    before = place.everything()
    home = place.remover().look(AT).repository
    assert home == str(place.repository)
    wanted = Removal(ref=REF, repository=home, force=True, delete_branch=True)
    cut_short(place, monkeypatch, wanted, where, name, when)
    removed = place.remove(wanted)
    assert removed.branch_deleted
    place.restore(removed)
    assert place.everything() == before
