"""Which commits of a branch are nowhere else: neither on a remote nor merged, squashed or not.

A branch counts as merged into another one if all files that it changes are there as it has them;
or if each of its commits, or their change as a whole, was made there once more, to the last blank,
and is still there. Changes nothing but for an object without a name.
"""

from actors.decisions.worktrees.changes import Change, change_of, essence, has_all, has_modes
from actors.git.command import Git, GitFailed
from actors.git.names import shown
from actors.git.scratch import scratch
from actors.git.snapshot import SNAPSHOT_SECONDS, as_greenroom

_SHOWN = 1000
_MOST_BYTES = 1 << 28
_EXACTLY = ("--no-ignore-whitespace", "--whitespace=nowarn")
_TREES = (
    "diff-tree", "-r", "--no-renames", "--no-ext-diff", "--no-textconv", "--full-index",
    "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "--no-relative",
    "--submodule=short", "--ignore-submodules=none",
)  # fmt: skip


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
    """The default branch of each remote, here and there, and what was named as base: the remote's
    where a branch here has its name.
    """
    told = git.ask("for-each-ref", "--format=%(symref)", "refs/remotes/*/HEAD")
    names = [name for name in told.split("\n") if name]
    names += [f"refs/heads/{name.split('/', 3)[3]}" for name in names]
    for base in bases:
        remote = f"refs/remotes/{base}"
        names.append(remote if _is_ref(git, remote) else f"refs/heads/{base}")
    wanted = [name for name in dict.fromkeys(names) if name != f"refs/heads/{branch}"]
    return [name for name in wanted if _is_ref(git, name)]


def _is_ref(git: Git, name: str) -> bool:
    return git.run("rev-parse", "-q", "--verify", name).status == 0


def _has(git: Git, target: str, head: str) -> bool:
    found = git.run("merge-base", target, head)
    if found.status != 0:
        return False  # they have no commit in common
    base = found.text.split("\n")[0]
    if base == head:
        return True
    try:
        return _has_change(git, target, base, head)
    except GitFailed:
        return False  # what is too large, or not here, proves nothing


def _has_change(git: Git, target: str, base: str, head: str) -> bool:
    mine, theirs = _change(git, base, head), _change(git, base, target)
    if not mine:
        return False  # nothing shows whether anybody took it
    if has_all(mine, theirs):
        return True
    is_like = has_modes(mine, theirs) and _is_there(git, target, base, head)
    return is_like and _was_taken(git, target, base, head)


def _change(git: Git, old: str, new: str) -> Change:
    return change_of(_out(git, *_TREES, "-z", old, new))


def _was_taken(git: Git, target: str, base: str, head: str) -> bool:
    """Each commit up to `head`, or all of them as one, has its like on the way to `target`."""
    is_plain = not git.ask("rev-list", "-n", "1", "--merges", f"{base}..{head}")
    if is_plain and _is_picked(git, target, head):
        return True
    squashed = as_greenroom(git).ask(
        "commit-tree", f"{head}^{{tree}}", "-p", base, "-m", "squashed"
    )
    return _is_picked(git, target, squashed)


def _is_picked(git: Git, target: str, head: str) -> bool:
    """By patch-id first: what of the two sides is the same but for white space."""
    words = ("--no-merges", "--cherry-mark", "--left-right")
    told = git.ask("rev-list", *words, f"{target}...{head}").split("\n")
    if any(line.startswith(">") for line in told):
        return False
    own = set(git.ask("rev-list", f"{target}..{head}").split("\n"))
    same = [line[1:] for line in told if line.startswith("=")]
    theirs = {_essence(git, each) for each in same if each not in own}
    return all(_essence(git, each) in theirs for each in same if each in own)


def _essence(git: Git, commit: str) -> bytes:
    return essence(_patch(git, "--root", "--no-commit-id", commit))


def _is_there(git: Git, target: str, base: str, head: str) -> bool:
    """Whether the change could be taken out of the files of `target`: nobody has done so yet."""
    with scratch() as own:
        apart = git.having({"GIT_INDEX_FILE": f"{own}/index"})
        _out(apart, "read-tree", target)
        words = ("apply", "--check", "--reverse", "--cached", *_EXACTLY, "-")
        done = apart.run(*words, stdin=_patch(git, base, head), seconds=SNAPSHOT_SECONDS)
        return done.status == 0


def _patch(git: Git, *which: str) -> bytes:
    return _out(git, *_TREES, "--patch", "--binary", *which)


def _out(git: Git, *words: str) -> bytes:
    done = git.run(*words, seconds=SNAPSHOT_SECONDS, limit=_MOST_BYTES)
    if done.status != 0 or done.is_cut:
        raise GitFailed(done.status, done.error or f"git {words[0]} did not end well")
    return done.out
