"""Worktrees of our own: planned, made under a lock reason that says whose they are, and undone.

`plan` looks and changes nothing. What `make` has done when it fails or is killed is found by its
plan alone and taken back by `undo`: the worktree by its lock reason, the branch by the first and
only line of its reflog; what somebody has worked on since stays, or is kept under a ref first. The
caller keeps the plan.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from actors.git import branch_names, unsaved
from actors.git.command import Git, GitFailed
from actors.git.plain_files import text_of
from actors.git.repository import (
    Repository,
    branch_named,
    commit_of,
    full_name,
    head_branch,
    of_remotes,
    remotes,
)
from actors.inherited import UMASK
from storage.records.request import Refusal
from storage.records.worktree import WorktreePlan

CHECKOUT_SECONDS = 3600.0
"""For all the files of a large repository, with filters that fetch their content."""
_NONE = "0" * 40


class Wanted(Struct, frozen=True, kw_only=True):
    """A worktree for a session. Without `branch` one is named after `title`.

    `base` is where a new branch begins, and what the changes are told against: the default branch
    of the remote, else HEAD. `start`: a commit at which a new branch begins instead. `unborn`: a
    snapshot to begin with where there is no commit yet. `taken`: branches that others are about to
    get, so that none of them is named after `title`.
    """

    session_id: str
    branch: str | None = None
    base: str | None = None
    start: str | None = None
    unborn: str | None = None
    title: str | None = None
    taken: frozenset[str] = frozenset()


def plan(git: Git, wanted: Wanted, root: Path) -> WorktreePlan | Refusal:
    """What would be made of the repository that `git` is in, below `root`. GitFailed, OSError."""
    found = Repository.find(git)
    if isinstance(found, Refusal):
        return found
    branch = _free_branch(git, found, wanted) if wanted.branch is None else wanted.branch
    fault = branch_names.refusal(git, branch)
    if fault:
        return fault
    place = root / branch_names.as_directory(_name_of(found)) / branch_names.as_directory(branch)
    tree = found.around(place.parent)
    if tree is not None:
        return _inside(place, tree)
    begin = _begin(git, found, branch, wanted)
    if isinstance(begin, Refusal):
        return begin
    return WorktreePlan(
        session_id=wanted.session_id,
        repository=str(found.root),
        common_dir=str(found.common_dir),
        worktree_path=str(place),
        branch=branch,
        makes_branch=begin.makes_branch,
        start=begin.start,
        base_commit=begin.base_commit,
        base_branch=begin.base_branch,
        upstream=begin.upstream,
        is_unborn=begin.is_unborn,
    )


class _Begin(Struct, frozen=True):
    makes_branch: bool
    start: str
    base_commit: str
    base_branch: str | None
    upstream: str | None = None
    is_unborn: bool = False


def _begin(git: Git, found: Repository, branch: str, wanted: Wanted) -> "_Begin | Refusal":
    tip = commit_of(git, f"refs/heads/{branch}")
    if tip is not None:
        refusal = _taken(found, branch, wanted) if wanted.branch is not None else None
        return refusal or _from_tip(git, found, branch, tip, wanted.base)
    refusal = branch_names.of_a_remote(git, branch)
    if refusal is not None:
        return refusal
    other = branch_names.in_the_way(git, branch)
    if other is not None:
        return branch_names.beside(branch, other)
    at_remotes = _at_remotes(git, branch) if wanted.base is None and wanted.start is None else ()
    if len(at_remotes) > 1:
        text = f"{branch} is a branch of several remotes; name one of them as base: "
        return _bad_base(text + ", ".join(at_remotes))
    if at_remotes:
        tip = commit_of(git, f"refs/remotes/{at_remotes[0]}") or ""
        begun = _from_tip(git, found, branch, tip, None)
        if isinstance(begun, Refusal):
            return begun
        return _Begin(True, tip, begun.base_commit, begun.base_branch, at_remotes[0])
    named = wanted.start if wanted.base is None else wanted.base
    name = found.default_branch or "HEAD" if named is None else of_remotes(git, named)
    commit = commit_of(git, name)
    if commit is None and named is None and wanted.unborn is not None:
        return _taken(found, branch, wanted) or _Begin(
            False, wanted.unborn, "", None, is_unborn=True
        )
    if commit is None:
        return _no_commit(found, named)
    return _Begin(True, wanted.start or commit, commit, branch_named(git, name))


def _from_tip(
    git: Git, found: Repository, branch: str, tip: str, base: str | None
) -> "_Begin | Refusal":
    """Of a branch that is there: its base is where it left the other."""
    name = found.default_branch or "HEAD" if base is None else of_remotes(git, base)
    commit = commit_of(git, name)
    if commit is None and base is not None:
        return _no_commit(found, base)
    if commit is None or full_name(git, name) == f"refs/heads/{branch}":
        return _Begin(False, tip, tip, None)
    shared = git.run("merge-base", commit, tip)
    return _Begin(False, tip, shared.text.partition("\n")[0] or tip, branch_named(git, name))


def _taken(found: Repository, branch: str, wanted: Wanted) -> Refusal | None:
    if wanted.start is not None:
        text = f"there is a branch {branch} already; name another one"
        return Refusal(code="branch-exists", message=text, path="$.branch")
    holder = found.holding(branch)
    if holder is None:
        return None
    text = f"{branch} is checked out in {holder.path}; name another branch"
    if holder.prunable is not None:
        text += ", or, if that directory is gone for good, run: git worktree prune"
    return Refusal(code="branch-in-use", message=text, path="$.branch")


def _at_remotes(git: Git, branch: str) -> tuple[str, ...]:
    names = (f"{remote}/{branch}" for remote in remotes(git))
    return tuple(name for name in names if commit_of(git, f"refs/remotes/{name}"))


def _no_commit(found: Repository, base: str | None) -> Refusal:
    if base is None:
        text = f"{found.root} has no commit yet, so no branch can begin there; commit first"
        return Refusal(code="no-commits", message=text, path="$.repository")
    text = f"{found.root} has no commit {base[:200]!r}; name a branch, a tag or the id of a commit"
    return _bad_base(text)


def _bad_base(text: str) -> Refusal:
    return Refusal(code="bad-base", message=text, path="$.base")


def _inside(place: Path, tree: Path) -> Refusal:
    text = (
        f"the worktree would lie in {place}, within {tree} of the same repository; set"
        " worktrees.root in workspace.json to a directory outside of it"
    )
    return Refusal(code="bad-location", message=text, path="$.repository")


def _name_of(found: Repository) -> str:
    """A bare one is often `name.git`, or `name/.git`."""
    own = found.root.name.removesuffix(".git")
    return own if own.strip(".") and own != ".bare" else found.root.parent.name


def _free_branch(git: Git, found: Repository, wanted: Wanted) -> str:
    """Also of those that are checked out and have no commit yet."""
    first = branch_names.from_title(wanted.title, wanted.session_id)
    is_hidden = branch_names.of_a_remote(git, first) is not None
    if is_hidden or branch_names.in_the_way(git, first) is not None:
        first = first.replace("/", "-")
    name, number = first, 1
    while name in wanted.taken or found.holding(name) or commit_of(git, f"refs/heads/{name}"):
        number += 1
        name = f"{first}-{number}"
    return name


# Making it.


def checked_out(git: Git) -> None:
    """Fills a new worktree, in which `git` is, with the files of its commit. GitFailed."""
    _do(git, "reset", "--hard", "--quiet", "--no-recurse-submodules", seconds=CHECKOUT_SECONDS)


def make(git: Git, plan: WorktreePlan, *, fill: Callable[[Git], None] = checked_out) -> None:
    """All that the plan says, under a lock reason of ours. GitFailed, OSError: `undo` it then.

    `fill` is called in the new worktree, when git knows it and no file is in it.
    """
    here, path = git.at(Path(plan.repository)), Path(plan.worktree_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir()
    path.chmod(0o777 & ~UMASK)
    if plan.makes_branch:
        reflog = ("--create-reflog", "-m", plan.reason)
        _do(here, "update-ref", *reflog, f"refs/heads/{plan.branch}", plan.start, _NONE)
    lock = ("--no-checkout", "--lock", "--reason", plan.reason)
    what = ("--end-of-options", str(path), plan.start if plan.is_unborn else plan.branch)
    _do(here, "worktree", "add", "--quiet", *lock, *(["--detach"] * plan.is_unborn), *what)
    if plan.is_unborn:
        _do(git.at(path), "symbolic-ref", "HEAD", f"refs/heads/{plan.branch}")
    fill(git.at(path))
    if plan.upstream is not None:
        upstream = f"refs/remotes/{plan.upstream}"
        _do(here, "branch", "--quiet", f"--set-upstream-to={upstream}", plan.branch)


def _do(git: Git, *words: str, seconds: float = 60.0) -> None:
    done = git.run(*words, seconds=seconds)
    if done.status != 0:
        raise GitFailed(done.status, done.error or f"git {words[0]} ended with {done.status}")


# Undoing it.


def undo(git: Git, plan: WorktreePlan, *, keeps: bool = False) -> str | None:
    """Takes back what `make` did so far; None, or what was left or kept, and why.

    `keeps`: others may have been in it since, so that files that stand nowhere else in the
    repository are kept under a ref first. Doing it twice is doing it once. GitFailed, OSError.
    """
    repository, path = Path(plan.repository), Path(plan.worktree_path)
    if not Path(plan.common_dir).is_dir():
        return f"{repository} has gone; {path} stays as it is" if path.exists() else None
    here, kept = git.at(repository if repository.is_dir() else Path(plan.common_dir)), None
    for administration in administrations(Path(plan.common_dir), plan.reason):
        if _was_worked_in(git, plan):
            return f"somebody has worked in {path} since; it stays, with its branch {plan.branch}"
        if points_to(path, administration):
            if keeps and is_whole(administration):
                if (administration / "modules").exists():
                    return f"there are repositories within {path}; it stays, with its branch"
                kept = unsaved.kept(git.at(path), plan.session_id)
            shutil.rmtree(path)
        shutil.rmtree(administration)
    remove_empty(path, path.parent)
    left = _drop_branch(here, plan) if plan.makes_branch else None
    return left or kept


def is_whole(administration: Path) -> bool:
    """Not so where a git was killed before it had made the worktree, and put any file there."""
    return all((administration / name).exists() for name in ("HEAD", "commondir", "gitdir"))


def administrations(common: Path, reason: str) -> list[Path]:
    """Where git keeps what it knows of a worktree: at most one directory, found by its lock."""
    worktrees = common / "worktrees"
    if not worktrees.is_dir():
        return []
    return [each for each in sorted(worktrees.iterdir()) if _lock_of(each) == reason]


def _lock_of(administration: Path) -> str | None:
    reason = text_of(administration / "locked")
    return None if reason is None else reason.strip()


def _was_worked_in(git: Git, plan: WorktreePlan) -> bool:
    """Whether another commit or branch is checked out than was; not where git knows of none."""
    path = Path(plan.worktree_path)
    if not (path / ".git").is_file():
        return False
    here = git.at(path)
    if head_branch(here) not in {None, plan.branch}:
        return True
    return commit_of(here, "HEAD") not in {None, plan.start}


def points_to(path: Path, administration: Path) -> bool:
    """Whether what stands there is that worktree."""
    said = (text_of(path / ".git") or "").removeprefix("gitdir: ").strip()
    return bool(said) and Path(said).resolve() == administration.resolve()


def remove_empty(*directories: Path) -> None:
    """Those that are; whatever hinders it."""
    for directory in directories:
        with suppress(OSError):
            directory.rmdir()


def _drop_branch(git: Git, plan: WorktreePlan) -> str | None:
    """Only one that we made, and that still is where it began."""
    full = f"refs/heads/{plan.branch}"
    if commit_of(git, full) is None:
        return None
    told = git.run("log", "--walk-reflogs", "--format=%gs", full, "--").text.splitlines()
    if told != [plan.reason]:
        return f"the branch {plan.branch} stays: it is not as we made it"
    if git.run("update-ref", "-d", full, plan.start).status != 0:
        return f"the branch {plan.branch} stays: it was moved"
    if plan.upstream is not None:
        git.run("config", "--local", "--remove-section", f"branch.{plan.branch}")
    return None
