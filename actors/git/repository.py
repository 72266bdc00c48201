"""What a directory is to git: its repository, the worktrees of that, where its branches begin.

Looks only. What cannot have a worktree is a refusal whose sentence says what to do; what git says
in its own words comes with it.
"""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from actors.git.command import Git, GitFailed, GitMissing
from actors.git.names import shown
from storage.records.request import Refusal

_WHERE = "$.repository"
_DUBIOUS = "dubious ownership"


class ListedWorktree(Struct, frozen=True, kw_only=True):
    """One as git lists it. `branch` is the name alone, None when detached or bare.

    `locked` is the reason given for it: None when it is not locked, empty when none was given.
    `prunable`: git finds its directory no more, and says so here.
    """

    path: Path
    head: str | None = None
    branch: str | None = None
    is_bare: bool = False
    locked: str | None = None
    prunable: str | None = None


class Repository(Struct, frozen=True, kw_only=True):
    """`root` is its main working tree, or itself if it is bare; the first of `worktrees`.

    `head` is the branch that is checked out where one looked from, None when detached.
    `default_branch` is the remote's, as `refs/remotes/origin/main`, None where no remote says one:
    in full, as a branch here could have the same short name.
    """

    root: Path
    common_dir: Path
    is_bare: bool
    worktrees: tuple[ListedWorktree, ...]
    head: str | None
    default_branch: str | None

    @classmethod
    def find(cls, git: Git) -> "Repository | Refusal":
        """That of the directory of `git`; OSError if the directory cannot be looked at."""
        try:
            common = Path(git.ask("rev-parse", "--path-format=absolute", "--git-common-dir"))
            worktrees = listed(git)
            return cls(
                root=_root(git, common, worktrees[0]),
                common_dir=common,
                is_bare=worktrees[0].is_bare,
                worktrees=worktrees,
                head=head_branch(git),
                default_branch=_default_branch(git),
            )
        except GitMissing as error:
            return Refusal(code="git-missing", message=str(error))
        except GitFailed as error:
            return _no_repository(git.directory, str(error))

    def holding(self, branch: str) -> ListedWorktree | None:
        """The worktree in which the branch is checked out."""
        return next((each for each in self.worktrees if each.branch == branch), None)

    def around(self, path: Path) -> Path | None:
        """The tree of this repository in which `path` would lie, or None."""
        trees = [each.path for each in self.worktrees if not each.is_bare]
        real = path.resolve()
        for tree in (*trees, self.root, self.common_dir):
            if real.is_relative_to(tree.resolve()):
                return tree
        return None


def listed(git: Git) -> tuple[ListedWorktree, ...]:
    """All worktrees of the repository, the main one first. GitFailed."""
    records = git.ask("worktree", "list", "--porcelain", "-z").split("\0\0")
    return tuple(_worktree(record.split("\0")) for record in records if record.strip("\0"))


def _worktree(lines: Iterable[str]) -> ListedWorktree:
    said = {key: value for key, _, value in (line.partition(" ") for line in lines)}
    branch = said.get("branch")
    return ListedWorktree(
        path=Path(said["worktree"]),
        head=said.get("HEAD"),
        branch=branch.removeprefix("refs/heads/") if branch else None,
        is_bare="bare" in said,
        locked=said.get("locked"),
        prunable=said.get("prunable"),
    )


def commit_of(git: Git, name: str) -> str | None:
    """The full id of the commit that a name means here, or None."""
    if "\0" in name:
        return None
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    found = _said(git, *words)
    return None if found is None or found.startswith("^") else found


def head_branch(git: Git) -> str | None:
    """What is checked out; None when detached. Not as git shortens it: beside a tag of that name it
    says more.
    """
    full = _said(git, "symbolic-ref", "--quiet", "HEAD")
    return full.removeprefix("refs/heads/") if full else None


def of_remotes(git: Git, name: str) -> str:
    """`origin/main` as the remote's branch in full, whatever branch here has that name; any other
    name as it is.
    """
    full = f"refs/remotes/{name}"
    is_remotes = any(name.startswith(f"{remote}/") for remote in remotes(git))
    return full if is_remotes and commit_of(git, full) is not None else name


def full_name(git: Git, name: str) -> str | None:
    """The ref that a name means, if it is one."""
    if "\0" in name:
        return None
    words = ("rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", name)
    return _said(git, *words)


def branch_named(git: Git, name: str) -> str | None:
    """The branch, here (`main`) or of a remote (`origin/main`), that a name means, if it is one.

    None also for one that is not UTF-8: no record could name it.
    """
    full = full_name(git, name) or ""
    for prefix in ("refs/heads/", "refs/remotes/"):
        if full.startswith(prefix):
            found = full.removeprefix(prefix)
            return found if shown(found) == found else None
    return None


def remotes(git: Git) -> tuple[str, ...]:
    return tuple(name for name in (_said(git, "remote") or "").split("\n") if name)


def _said(git: Git, *words: str) -> str | None:
    """None for nothing, and where git says no."""
    done = git.run(*words)
    return done.text or None if done.status == 0 else None


def _root(git: Git, common: Path, main: ListedWorktree) -> Path:
    """Git lists a submodule's directory of administration as its main tree; so it is asked here."""
    if main.is_bare:
        return main.path
    if _said(git, "rev-parse", "--absolute-git-dir") == str(common):
        return Path(_said(git, "rev-parse", "--show-toplevel") or main.path)
    return main.path


def _default_branch(git: Git) -> str | None:
    names = remotes(git)
    remote = "origin" if "origin" in names else names[0] if len(names) == 1 else None
    if remote is None:
        return None
    full = _said(git, "symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD")
    if full is None or commit_of(git, full) is None:
        return None
    return full


def _no_repository(directory: Path, said: str) -> Refusal:
    if _DUBIOUS in said:
        text = (
            f"{directory} belongs to another user, so git does not use it; if you trust what is"
            f" in it: git config --global --add safe.directory '{directory}'"
        )
        return Refusal(code="not-a-repository", message=text, path=_WHERE)
    if "not a git repository" in said:
        text = (
            f"{directory} is in no git repository; name the directory of one, or create a quick"
            " session there"
        )
        return Refusal(code="not-a-repository", message=text, path=_WHERE)
    text = f"git cannot use {directory}: {said}"
    return Refusal(code="git-failed", message=text, path=_WHERE)
