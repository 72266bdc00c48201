"""A worktree of a session in a real repository, to be removed and made again; and a sudden end."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actors.git.remake import make_again
from actors.git.removal import WorktreeRemover
from actors.messages import outcomes as o
from storage.records.removal import Removal, RemovedWorktree
from storage.records.session import WorktreeSession
from tests.actors.git.places import commit, do, files_of, git_in, new_repository, new_worktree

SESSION = "abcdefghijkl"
AT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)
REF = f"refs/greenroom/recovery/{SESSION}/20261121T054000000000Z"
FORCED = Removal(ref=REF, force=True)
SAFELY = Removal(ref=REF)


class Killed(BaseException):
    """The daemon ends here, and nothing after it is done."""


class Place:
    def __init__(self, root: Path) -> None:
        self.repository = new_repository(root / "repository", commits=2)
        self.worktree = new_worktree(self.repository, root / "worktrees" / "work", SESSION)
        self.session = WorktreeSession(
            id=SESSION,
            title="work",
            location_path=str(self.worktree),
            repository=str(self.repository),
            worktree_path=str(self.worktree),
            branch="work",
            created_at=AT,
            updated_at=AT,
        )

    def remover(self, **how: Any) -> WorktreeRemover:
        return WorktreeRemover(self.session, git_in(self.repository), **how)

    def remove(self, wanted: Removal = FORCED, **how: Any) -> RemovedWorktree:
        done = self.remover(**how).remove(wanted, AT)
        assert isinstance(done, o.WorktreeRemoved), done
        assert not os.path.lexists(self.worktree)
        assert [path.name for path in self.worktree.parent.iterdir()] == []
        assert "worktrees/work" not in do(self.repository, "worktree", "list")
        return done.worktree

    def restore(self, removed: RemovedWorktree) -> tuple[str, ...]:
        return make_again(git_in(self.repository), SESSION, removed)

    def everything(self) -> tuple[object, ...]:
        """Files, index, branch and lock."""
        return (
            files_of(self.worktree),
            do(self.worktree, "ls-files", "--stage"),
            do(self.worktree, "status", "--porcelain", "--branch", "--untracked-files=all"),
            do(self.repository, "worktree", "list", "--porcelain"),
        )

    def fill(self) -> None:
        """With work of every kind."""
        commit(self.worktree, "own", "work\n")
        (self.worktree / "file-0").write_text("changed\n")
        (self.worktree / "staged").write_text("staged\n")
        do(self.worktree, "add", "staged")
        (self.worktree / "staged").write_text("and changed\n")
        (self.worktree / "new").write_text("not in git\n")
        (self.worktree / "file-1").unlink()


def killed_at(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, when: str) -> None:
    real = getattr(where, name)

    def stand_in(*given: Any, **named: Any) -> None:
        if when == "after":
            real(*given, **named)
        raise Killed

    monkeypatch.setattr(where, name, stand_in)


def cut_short(place: Place, monkeypatch: pytest.MonkeyPatch, wanted: Removal, *step: Any) -> None:
    """A removal that a crash ended at `step`: where, name and when, as for `killed_at`."""
    killed_at(monkeypatch, *step)
    with pytest.raises(Killed):
        place.remover().remove(wanted, AT)
    monkeypatch.undo()
