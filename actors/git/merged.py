"""Which commits of a branch are nowhere else: neither on a remote nor merged, squashed or not.

By patch-id: a commit whose change another branch has counts as merged, and so does a branch whose
change as a whole is that of one commit there. Changes nothing but for an object without a name.
"""

from actors.git.command import Git, GitFailed
from actors.git.names import shown
from actors.git.snapshot import as_greenroom

_SHOWN = 1000


def unmerged(
    git: Git, head: str, branch: str | None, bases: tuple[str, ...]
) -> tuple[tuple[str, ...], bool]:
    """The commits below `head` that would be missed, newest first, and whether there is a remote.

    Without one, being on another branch is enough. GitFailed.
    """
    has_remote = bool(git.ask("for-each-ref", "--count=1", "refs/remotes"))
    own = (f"--exclude={branch}",) if branch else ()
    others = ("--remotes",) if has_remote else (*own, "--branches")
    left = _commits(git, head, "--not", *others)
    if not left or any(_has(git, target, head) for target in _targets(git, branch, bases)):
        return (), has_remote
    return left, has_remote


def is_merged(git: Git, branch: str, bases: tuple[str, ...]) -> bool:
    """Whether a branch may go: all of it is on a remote, or merged into another branch."""
    head = git.ask("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
    return unmerged(git, head, branch, bases)[0] == ()


def _commits(git: Git, *which: str) -> tuple[str, ...]:
    told = git.ask("log", "-n", str(_SHOWN), "--no-show-signature", "--format=%h %s", *which, "--")
    return tuple(shown(line) for line in told.split("\n") if line)


def _targets(git: Git, branch: str | None, bases: tuple[str, ...]) -> list[str]:
    """The default branch of each remote, here and there, and what was named as base."""
    told = git.ask("for-each-ref", "--format=%(symref)", "refs/remotes/*/HEAD")
    names = [name for name in told.split("\n") if name]
    names += [f"refs/heads/{name.split('/', 3)[3]}" for name in names]
    names += [f"refs/{kind}/{base}" for base in bases for kind in ("heads", "remotes")]
    wanted = [name for name in dict.fromkeys(names) if name != f"refs/heads/{branch}"]
    return [name for name in wanted if git.run("rev-parse", "-q", "--verify", name).status == 0]


def _has(git: Git, target: str, head: str) -> bool:
    found = git.run("merge-base", target, head)
    if found.status != 0:
        return False  # they have no commit in common
    base = found.text.split("\n")[0]
    if base == head:
        return True
    if not git.ask("rev-list", "-n", "1", "--merges", f"{base}..{head}") and _is_picked(
        git, target, head
    ):
        return True
    squashed = as_greenroom(git).ask(
        "commit-tree", f"{head}^{{tree}}", "-p", base, "-m", "squashed"
    )
    return _is_picked(git, target, squashed)


def _is_picked(git: Git, target: str, head: str) -> bool:
    """Each commit up to `head` has its like in `target`, and each of them changes something."""
    told = git.run("cherry", target, head)
    if told.status != 0:
        raise GitFailed(told.status, told.error)
    lines = told.text.split("\n")
    return all(line.startswith("- ") for line in lines) and not _is_empty(git, head)


def _is_empty(git: Git, commit: str) -> bool:
    return git.run("diff-tree", "--quiet", f"{commit}^", commit).status == 0
