"""The daemon is killed with SIGKILL at each step of removing a worktree and of making it again, by
the very git that it runs there; git goes on. Nothing is lost, and no half worktree stays.
"""

import shutil
from pathlib import Path
from stat import S_IFMT, S_IXUSR
from typing import Any

import pytest

from tests.actors.git.places import commit, do, files_of, new_repository
from tests.end_to_end.conftest import House
from tests.end_to_end.test_worktree_kills import GIT

REMOVAL = (
    "status --porcelain=v2",
    "commit-tree",
    "update-ref --no-deref refs/greenroom/recovery",
    "worktree remove",
    "update-ref --no-deref -d refs/heads",
)
RESTORE = (
    "update-ref --create-reflog refs/heads",
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
        (self.place / "file-1").unlink()

    def everything(self) -> Any:
        status = do(self.place, "status", "--porcelain", "--branch", "--untracked-files=all")
        modes = {  # git keeps of them whether a file is executable
            name: (S_IFMT(mode) | (mode & S_IXUSR), content)
            for name, (mode, content) in files_of(self.place).items()
        }
        return modes, status, do(self.place, "rev-parse", "HEAD")

    def kill_at(self, when: str, step: str) -> None:
        (self.house.home / "step").write_text(f"{when} {step}")

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


@pytest.fixture
def shop(house: House, tmp_path: Path) -> Path:
    own = tmp_path / "bin"
    own.mkdir()
    git = GIT.format(home=house.home, data=house.data, git=shutil.which("git"))
    (own / "git").write_text(git)
    (own / "git").chmod(0o755)
    house.environ["PATH"] = f"{own}:{house.environ['PATH']}"
    return new_repository(tmp_path / "shop", commits=3)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", REMOVAL)
def test_killed_in_a_removal_it_ends_and_comes_back(
    house: House, shop: Path, step: str, when: str
) -> None:
    running = house.daemon()
    work = Work(house, shop)
    before = work.everything()
    work.kill_at(when, step)
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
def test_killed_in_a_restore_it_is_done_again_and_whole(
    house: House, shop: Path, step: str, when: str
) -> None:
    running = house.daemon()
    work = Work(house, shop)
    before = work.everything()
    work.delete()
    work.kill_at(when, step)
    house.run("restore", work.id, expect=1)
    running.wait()
    again = house.daemon()
    assert len(work.trashed) == 1
    house.run("restore", work.id)
    assert work.everything() == before
    assert [each["id"] for each in work.listed] == [work.id]
    house.run("stop")
    again.wait()
