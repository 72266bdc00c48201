"""The daemon is killed with SIGKILL at each step of making a worktree, by the very git that it runs
there; git goes on. No half worktree is left, no branch, and a request that came by a file is done.
"""

import json
from pathlib import Path

import pytest

from tests.actors.git.places import do, new_repository
from tests.end_to_end.conftest import House
from tests.end_to_end.killing_git import KillingGit

STEPS = ("--git-common-dir", "check-ref-format", "--create-reflog", "worktree add", "reset --hard")


@pytest.fixture
def git(house: House) -> KillingGit:
    return KillingGit(house)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop", commits=3)


def left(house: House, shop: Path) -> list[str]:
    trees = [str(path) for path in (house.data / "worktrees").rglob("*")]
    intents = [str(path) for path in house.data.glob("workspaces/*/making/*")]
    branches = do(shop, "branch", "--format=%(refname:short)").split("\n")
    known = do(shop, "worktree", "list", "--porcelain").count("worktree ")
    admin = [str(path) for path in (shop / ".git" / "worktrees").glob("*")]
    return [
        *trees,
        *intents,
        *(name for name in branches if name != "main"),
        *admin,
        *["x"] * (known - 1),
    ]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_nothing_is_left(
    house: House, git: KillingGit, shop: Path, step: str, when: str
) -> None:
    running = house.daemon()
    git.kill_at(when, step)
    house.run("new", str(shop), "--worktree", "--branch", "x", "--terminal", expect=1)
    running.wait()
    again = house.daemon()
    house.wait(lambda: not left(house, shop), f"{left(house, shop)} to go")
    assert house.json("ls")["data"]["sessions"] == []
    made = house.json("new", str(shop), "--worktree", "--branch", "x", "--terminal")["data"]
    assert Path(made["worktree_path"], "file-2").exists()
    house.run("stop")
    again.wait()


@pytest.mark.parametrize("step", STEPS[2:])
def test_a_request_by_file_is_done_once_all_the_same(
    house: House, git: KillingGit, shop: Path, step: str
) -> None:
    running = house.daemon()
    git.kill_at("before", step)
    fields = {"session_type": "worktree", "repository": str(shop), "branch": "x"}
    answer = house.drop("job", {"type": "create-session", **fields})
    running.wait()
    again = house.daemon()
    house.wait(answer.exists, "the answer")
    told = json.loads(answer.read_bytes())
    assert told["ok"], told
    assert Path(told["data"]["worktree_path"], "file-2").exists()
    (session,) = house.json("ls")["data"]["sessions"]
    assert session["id"] == told["data"]["id"]
    house.wait(lambda: not list(house.data.glob("workspaces/*/making/*")), "the intent to go")
    assert do(shop, "worktree", "list", "--porcelain").count("worktree ") == 2
    house.run("stop")
    again.wait()
