"""Worktrees planned, made and undone in real repositories; also when it ended in the middle."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actors.git import worktrees
from actors.git.command import Git, GitFailed
from actors.git.kept_trees import keep_tree
from actors.git.repository import listed
from actors.git.worktrees import Wanted
from storage.records.request import Refusal
from storage.records.worktree import WorktreePlan
from tests.actors.git.places import commit, do, files_of, git_in, new_repository

ID = "abcdefgh2345"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop", commits=2)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "trees"


def planned(place: Path, root: Path, **wanted: Any) -> WorktreePlan:
    found = worktrees.plan(git_in(place), Wanted(session_id=ID, **wanted), root)
    assert isinstance(found, WorktreePlan), found
    return found


def refused(place: Path, root: Path, **wanted: Any) -> Refusal:
    found = worktrees.plan(git_in(place), Wanted(session_id=ID, **wanted), root)
    assert isinstance(found, Refusal), found
    return found


def state_of(place: Path) -> object:
    """All that a worktree leaves in its repository, but for objects."""
    paths = sorted((place / ".git").rglob("*"))
    kept = [path for path in paths if "objects" not in path.parts]
    return [(path, path.read_bytes() if path.is_file() else None) for path in kept]


# What would be made.


def test_a_new_branch_begins_at_head(shop: Path, root: Path) -> None:
    plan = planned(shop, root, branch="fix/login")
    tip = do(shop, "rev-parse", "main")
    assert (plan.makes_branch, plan.start, plan.base_commit) == (True, tip, tip)
    assert (plan.base_branch, plan.upstream) == ("main", None)
    assert plan.worktree_path == str(root / "shop" / "fix-login")
    assert not root.exists()


def test_it_begins_at_the_remotes_default_branch(shop: Path, root: Path, tmp_path: Path) -> None:
    do(tmp_path, "clone", "--quiet", str(shop), "clone")
    clone = tmp_path / "clone"
    commit(clone, "mine", "not pushed")
    plan = planned(clone, root, branch="x")
    assert plan.base_branch == "origin/main"
    assert plan.start == do(clone, "rev-parse", "origin/main")


def test_no_branch_is_made_that_would_hide_the_remotes_and_one_that_is_there_hides_it_not(
    shop: Path, root: Path, tmp_path: Path
) -> None:
    do(tmp_path, "clone", "--quiet", str(shop), "clone")
    clone = tmp_path / "clone"
    refused = worktrees.plan(git_in(clone), Wanted(session_id=ID, branch="origin/main"), root)
    assert isinstance(refused, Refusal)
    assert refused.code == "bad-branch"
    commit(clone, "mine", "not pushed")
    do(clone, "branch", "origin/main")
    plan = planned(clone, root, branch="x")
    assert plan.base_branch == "origin/main"
    assert plan.start == do(clone, "rev-parse", "refs/remotes/origin/main")


@pytest.mark.parametrize("base", ["main~1", "v1", "HEAD^"])
def test_it_begins_where_it_is_told(shop: Path, root: Path, base: str) -> None:
    do(shop, "tag", "v1", "main~1")
    plan = planned(shop, root, branch="x", base=base)
    assert plan.start == plan.base_commit == do(shop, "rev-parse", "main~1")
    assert plan.base_branch is None


def test_a_branch_that_is_there_has_its_base_where_it_left(shop: Path, root: Path) -> None:
    do(shop, "checkout", "--quiet", "-b", "side", "main~1")
    tip = commit(shop, "side", "x")
    do(shop, "checkout", "--quiet", "main")
    plan = planned(shop, root, branch="side")
    assert (plan.makes_branch, plan.start, plan.base_branch) == (False, tip, "main")
    assert plan.base_commit == do(shop, "rev-parse", "main~1")


def test_a_branch_of_the_remote_is_followed(shop: Path, root: Path, tmp_path: Path) -> None:
    do(shop, "branch", "feature", "main~1")
    do(tmp_path, "clone", "--quiet", str(shop), "clone")
    plan = planned(tmp_path / "clone", root, branch="feature")
    assert (plan.makes_branch, plan.upstream) == (True, "origin/feature")
    assert plan.start == do(shop, "rev-parse", "feature")


def test_without_a_name_a_free_one_is_found(shop: Path, root: Path) -> None:
    do(shop, "branch", "greenroom/fix-it")
    assert planned(shop, root, title="Fix it").branch == "greenroom/fix-it-2"
    assert planned(shop, root).branch == f"greenroom/{ID}"
    taken = frozenset({"greenroom/fix-it-2"})
    assert planned(shop, root, title="Fix it", taken=taken).branch == "greenroom/fix-it-3"


def test_without_a_name_one_is_found_beside_a_branch_greenroom(shop: Path, root: Path) -> None:
    do(shop, "branch", "greenroom")
    assert planned(shop, root, title="Fix it").branch == "greenroom-fix-it"


def test_a_detached_head_will_do(shop: Path, root: Path) -> None:
    do(shop, "checkout", "--quiet", "--detach", "main~1")
    plan = planned(shop, root, branch="x")
    assert (plan.start, plan.base_branch) == (do(shop, "rev-parse", "main~1"), None)


@pytest.mark.parametrize("name", ["shop.git", "shop/.git", "shop/.bare"])
def test_a_bare_repository_gives_its_name(shop: Path, tmp_path: Path, name: str) -> None:
    bare = tmp_path / "bare" / name
    do(tmp_path, "clone", "--quiet", "--bare", str(shop), str(bare))
    root = tmp_path / "trees"
    assert planned(bare, root, branch="x").worktree_path == str(root / "shop" / "x")


def test_a_branch_in_use_is_refused_with_its_place(shop: Path, root: Path, tmp_path: Path) -> None:
    refusal = refused(shop, root, branch="main")
    assert (refusal.code, refusal.path) == ("branch-in-use", "$.branch")
    assert str(shop) in refusal.message
    do(shop, "worktree", "add", "--quiet", "-b", "gone", str(tmp_path / "gone"))
    shutil.rmtree(tmp_path / "gone")
    assert "git worktree prune" in refused(shop, root, branch="gone").message


def test_what_cannot_begin_is_refused(shop: Path, root: Path, tmp_path: Path) -> None:
    assert refused(shop, root, branch="x", base="nothing").code == "bad-base"
    assert refused(shop, root, branch="x", base="--all").code == "bad-base"
    assert refused(shop, root, branch="-x").code == "bad-branch"
    do(tmp_path, "init", "--quiet", "new")
    refusal = refused(tmp_path / "new", root, branch="x")
    assert refusal.code == "no-commits"
    assert "commit first" in refusal.message


def test_a_branch_of_two_remotes_is_not_guessed(shop: Path, root: Path) -> None:
    for remote in ("one", "two"):
        do(shop, "update-ref", f"refs/remotes/{remote}/x", "main")
        do(shop, "remote", "add", remote, "/nowhere")
    assert "one/x, two/x" in refused(shop, root, branch="x").message
    assert planned(shop, root, branch="x", base="two/x").base_branch == "two/x"


def test_it_never_lies_within_the_repository(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shop)
    for root in (shop / "trees", shop / ".git", tmp_path / "link" / "x", shop):
        refusal = refused(shop, root, branch="x")
        assert refusal.code == "bad-location"
        assert "worktrees.root" in refusal.message


# Making and undoing.


@pytest.fixture(params=["new", "existing", "remote", "bare", "spaces and ü"])
def case(request: pytest.FixtureRequest, shop: Path, tmp_path: Path) -> Path:
    """A repository in which the branch `feature` is there, or is not."""
    if request.param == "existing":
        do(shop, "branch", "feature")
    if request.param == "remote":
        do(shop, "branch", "feature")
        do(tmp_path, "clone", "--quiet", str(shop), "clone")
        shop = tmp_path / "clone"
    if request.param == "bare":
        do(tmp_path, "clone", "--quiet", "--bare", str(shop), "b.git")
        shop = tmp_path / "b.git"
    if request.param == "spaces and ü":
        shop = shop.rename(tmp_path / "größter Laden, 日本")
    return shop


def test_what_is_planned_is_made(case: Path, root: Path) -> None:
    git, plan = git_in(case), planned(case, root, branch="feature")
    worktrees.make(git, plan)
    path = Path(plan.worktree_path)
    assert set(files_of(path)) == {"file-0", "file-1"}
    assert do(path, "status", "--porcelain") == ""
    own = next(each for each in listed(git) if each.path == path)
    assert (own.branch, own.head, own.locked) == ("feature", plan.start, f"greenroom {ID}")
    if plan.upstream:
        assert do(path, "rev-parse", "--abbrev-ref", "@{upstream}") == "origin/feature"


def test_undone_nothing_is_left(case: Path, root: Path) -> None:
    git = git_in(case)
    before = state_of(case)
    plan = planned(case, root, branch="feature")
    worktrees.make(git, plan)
    assert worktrees.undo(git, plan) is None
    assert worktrees.undo(git, plan) is None
    assert list(root.rglob("*")) == []
    names = {str(path) for path, _ in _difference(before, state_of(case))}
    assert not [name for name in names if "feature" in name or "greenroom" in name], names
    assert len(listed(git)) == 1


def _difference(before: object, after: object) -> list[tuple[Path, bytes | None]]:
    assert isinstance(before, list)
    assert isinstance(after, list)
    return [each for each in after if each not in before]


class EndedError(Exception):
    """The process was ended here."""


class Ending(Git):
    """Git that is there for so many runs, and then no more."""

    left = 0

    def run(self, *words: str, **options: object) -> object:  # type: ignore[override]
        """A run is done whole or not at all."""
        if Ending.left == 0:
            raise EndedError(words)
        Ending.left -= 1
        return super().run(*words, **options)  # type: ignore[arg-type]

    def at(self, directory: Path) -> "Ending":
        return Ending(directory, self._environ)


@pytest.mark.parametrize("runs", range(5))
def test_ended_after_any_step_it_is_undone(case: Path, root: Path, runs: int) -> None:
    plan = planned(case, root, branch="feature")
    Ending.left = runs
    git = git_in(case)
    try:
        worktrees.make(Ending(case, git._environ), plan)
    except EndedError:
        pass
    else:
        assert runs >= 2
    assert worktrees.undo(git, plan) is None
    assert list(root.rglob("*")) == []
    assert len(listed(git)) == 1
    assert bool(do(case, "branch", "--list", "feature")) is not plan.makes_branch


@pytest.mark.parametrize(
    "left", [("locked",), ("locked", "gitdir"), ("locked", "gitdir", "HEAD", "commondir")]
)
def test_what_a_killed_git_leaves_goes(shop: Path, root: Path, left: tuple[str, ...]) -> None:
    """Its own files of a worktree come one by one; each may be the last."""
    git, plan = git_in(shop), planned(shop, root, branch="x")
    worktrees.make(git, plan)
    (own,) = worktrees.administrations(Path(plan.common_dir), plan.reason)
    for path in sorted(own.iterdir()):
        if path.name not in left:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if "gitdir" not in left:
        for path in Path(plan.worktree_path).iterdir():
            path.unlink()
    assert worktrees.undo(git, plan) is None
    assert not Path(plan.worktree_path).exists()
    assert worktrees.administrations(Path(plan.common_dir), plan.reason) == []
    assert do(shop, "branch", "--list", "x") == ""


def test_a_failure_says_why_and_is_undone(shop: Path, root: Path) -> None:
    git, plan = git_in(shop), planned(shop, root, branch="x")
    with pytest.raises(GitFailed, match="not a git command"):
        worktrees.make(git, plan, fill=_fails)
    assert worktrees.undo(git, plan) is None
    assert list(root.rglob("*")) == []


def _fails(git: Git) -> None:
    git.ask("no-such-word")


def test_a_branch_that_came_to_be_meanwhile_is_not_ours(shop: Path, root: Path) -> None:
    git, plan = git_in(shop), planned(shop, root, branch="x")
    do(shop, "branch", "x")
    with pytest.raises(GitFailed, match="already exists"):
        worktrees.make(git, plan)
    assert "stays" in str(worktrees.undo(git, plan))
    assert do(shop, "branch", "--list", "x")
    assert list(root.rglob("*")) == []


def test_a_directory_that_came_to_be_meanwhile_is_left_alone(shop: Path, root: Path) -> None:
    git, plan = git_in(shop), planned(shop, root, branch="x")
    mine = Path(plan.worktree_path)
    mine.mkdir(parents=True)
    (mine / "precious").write_text("x")
    with pytest.raises(FileExistsError):
        worktrees.make(git, plan)
    assert worktrees.undo(git, plan) is None
    assert (mine / "precious").read_text() == "x"


def test_what_somebody_worked_in_stays(shop: Path, root: Path) -> None:
    git, plan = git_in(shop), planned(shop, root, branch="x")
    worktrees.make(git, plan)
    commit(Path(plan.worktree_path), "work", "x")
    assert "worked in" in str(worktrees.undo(git, plan))
    assert (Path(plan.worktree_path) / "work").exists()
    assert do(shop, "branch", "--list", "x")


def test_the_worktree_of_another_session_stays(shop: Path, root: Path) -> None:
    git, plan = git_in(shop), planned(shop, root, branch="x")
    worktrees.make(git, plan)
    assert worktrees.undo(git, replace(plan, session_id="another")) is not None
    assert set(files_of(Path(plan.worktree_path))) == {"file-0", "file-1"}


def test_of_a_repository_that_has_gone_nothing_is_removed(shop: Path, root: Path) -> None:
    git, plan = git_in(shop), planned(shop, root, branch="x")
    worktrees.make(git, plan)
    shop.rename(shop.parent / "elsewhere")
    assert "has gone" in str(worktrees.undo(git, plan))
    assert (Path(plan.worktree_path) / "file-0").exists()


def test_it_can_be_filled_otherwise(shop: Path, root: Path) -> None:
    git, plan = git_in(shop), planned(shop, root, branch="x", start="main~1")

    def fill(inside: Git) -> None:
        (inside.directory / "only").write_text("this")

    worktrees.make(git, plan, fill=fill)
    assert set(files_of(Path(plan.worktree_path))) == {"only"}


# What others did in one whose creation was cut off.


def test_what_stands_nowhere_else_is_kept_before_it_goes(shop: Path, root: Path) -> None:
    git, plan = git_in(shop), planned(shop, root, branch="x")
    worktrees.make(git, plan)
    path = Path(plan.worktree_path)
    (path / "precious").write_text("never saved elsewhere")
    (path / "file-0").write_text("edited")
    said = str(worktrees.undo(git, plan, keeps=True))
    assert not path.exists()
    ref = do(shop, "for-each-ref", "--format=%(refname)", "refs/greenroom/")
    assert ref.startswith(f"refs/greenroom/recovery/{ID}/")
    assert said.endswith(ref)
    assert do(shop, "show", f"{ref}:precious") == "never saved elsewhere"
    assert do(shop, "show", f"{ref}:file-0") == "edited"
    assert worktrees.undo(git, plan, keeps=True) is None


def test_what_is_there_only_from_its_commit_or_a_kept_tree_is_kept_no_more(
    shop: Path, root: Path
) -> None:
    git, plan = git_in(shop), planned(shop, root, branch="x")
    (shop / "round").write_text("of another session")
    keep_tree(git, "other", 3)
    (shop / "round").unlink()
    worktrees.make(git, plan)
    (Path(plan.worktree_path) / "round").write_text("of another session")
    (Path(plan.worktree_path) / "file-1").unlink()
    assert worktrees.undo(git, plan, keeps=True) is None
    assert not Path(plan.worktree_path).exists()
    refs = do(shop, "for-each-ref", "--format=%(refname)", "refs/greenroom/")
    assert refs == "refs/greenroom/other/3"


def test_one_with_a_repository_within_stays(shop: Path, root: Path) -> None:
    git, plan = git_in(shop), planned(shop, root, branch="x")
    worktrees.make(git, plan)
    new_repository(Path(plan.worktree_path) / "within")
    with pytest.raises(GitFailed, match="repository within"):
        worktrees.undo(git, plan, keeps=True)
    assert (Path(plan.worktree_path) / "within" / "file-0").exists()
