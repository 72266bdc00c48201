"""The daemon is killed with SIGKILL at each step of removing a worktree and of making it again, by
the very git that it runs there; git goes on. Nothing is lost, and no half worktree stays.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.actors.git.places import commit, do, files_of, new_repository
from tests.end_to_end.conftest import House
from tests.end_to_end.killing_git import KillingGit

REMOVAL = (
    "status --porcelain=v2",
    "commit-tree",
    "update-ref --no-deref refs/greenroom/recovery",
    "worktree remove",
    "update-ref --no-deref -d refs/heads",
)
RESTORE = (
    "update-ref --create-reflog -m greenroom restoring",
    "worktree add",
    "read-tree --reset",
    "update-index -q --refresh",
    "--absolute-git-dir",
)


class Work:
    """A worktree session with changes of every kind, whose commits are on another branch too."""

    def __init__(self, house: House, shop: Path) -> None:
        self.house, self.shop = house, shop
        answer = house.json("new", str(shop), "--worktree", "--branch", "x", "--terminal")
        self.id = answer["data"]["id"]
        self.place = Path(answer["data"]["worktree_path"])
        commit(self.place, "own", "work\n")
        do(shop, "branch", "kept", "x")
        (self.place / "file-0").write_text("changed\n")
        (self.place / "staged").write_text("staged\n")
        do(self.place, "add", "staged")
        (self.place / "new").write_text("not in git\n")
        (self.place / "new").chmod(0o600)
        (self.place / "lines").write_bytes(b"one\r\ntwo\r\n")
        (self.place / ".gitattributes").write_text("* text=auto\n")
        (self.place / "file-1").unlink()

    def everything(self) -> Any:
        status = do(self.place, "status", "--porcelain", "--branch", "--untracked-files=all")
        return files_of(self.place), status, do(self.place, "rev-parse", "HEAD")

    def delete(self, expect: int | None = 0) -> None:
        self.house.run("delete", self.id, "--force", "--delete-branch", expect=expect)

    @property
    def trashed(self) -> list[Any]:
        found: list[Any] = self.house.json("trash")["data"]["sessions"]
        return found

    @property
    def listed(self) -> list[Any]:
        found: list[Any] = self.house.json("ls")["data"]["sessions"]
        return found

    def left(self) -> list[str]:
        """Of the worktree, once it is removed."""
        return [
            *(str(path) for path in self.place.parent.glob("*")),
            *(str(path) for path in self.place.parent.glob(".*")),
            *(str(path) for path in (self.shop / ".git" / "worktrees").glob("*")),
        ]

    def marks(self) -> list[Path]:
        """Of restores that are not done."""
        return list(self.house.data.glob("workspaces/*/trash/.restoring-*"))


@pytest.fixture
def git(house: House) -> KillingGit:
    return KillingGit(house)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop", commits=3)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", REMOVAL)
def test_killed_in_a_removal_it_ends_and_comes_back(
    house: House, git: KillingGit, shop: Path, step: str, when: str
) -> None:
    running = house.daemon()
    work = Work(house, shop)
    before = work.everything()
    git.kill_at(when, step)
    work.delete(expect=1)
    running.wait()
    again = house.daemon()
    if step != REMOVAL[0]:  # the intent is recorded: it goes on by itself
        house.wait(lambda: work.trashed, "the session to be deleted")
    elif not work.trashed:
        assert work.everything() == before
        work.delete()
    assert work.left() == []
    assert do(shop, "branch", "--list", "x") == ""
    house.run("restore", work.id)
    assert work.everything() == before
    house.run("stop")
    again.wait()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", RESTORE)
def test_killed_in_a_restore_all_is_undone_and_it_can_be_done_again(
    house: House, git: KillingGit, shop: Path, step: str, when: str
) -> None:
    running = house.daemon()
    work = Work(house, shop)
    before = work.everything()
    work.delete()
    git.kill_at(when, step)
    house.run("restore", work.id, expect=1)
    running.wait()
    again = house.daemon()
    assert len(work.trashed) == 1
    house.wait(lambda: not work.left() and not work.marks(), "the half worktree to go")
    assert do(shop, "branch", "--list", "x") == ""
    house.run("restore", work.id)
    assert work.everything() == before
    assert [each["id"] for each in work.listed] == [work.id]
    house.run("stop")
    again.wait()
