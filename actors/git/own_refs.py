"""What only a worktree's own refs, reflog and notes of git lead to, kept under refs of all.

Git forgets all of these with the worktree. `refs/worktree/*` are told, so that they can be given
back; of the reflog, and of whatever git noted for a merge, rebase or bisect that is under way (what
it stashed by itself above all), the commits are kept, under `<ref>-reflog`, but not more.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from actors.git.command import Git, GitFailed
from actors.git.names import escaped, unescaped
from actors.git.plain_files import begin_of
from actors.git.repository import commit_of
from actors.git.snapshot import as_greenroom, head_of, keep
from storage.records.removal import OwnRef

_OWN = "refs/worktree/"
_UNDER_WAY = ("refs/bisect/", "refs/rewritten/")
_NOTED_IN = ("rebase-merge", "rebase-apply", "sequencer")
_NOTE = re.compile(r"[A-Z][A-Z_]*")
_NOTE_BYTES = 1 << 26
_ID = re.compile(rb"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b")
_AT_ONCE = 1000
"""So many parents a commit is given."""


def kept(git: Git, ref: str) -> tuple[OwnRef, ...]:
    """Of the worktree that `git` is in, under names that begin with `ref`. GitFailed."""
    told = git.ask("for-each-ref", "--format=%(objectname) %(refname)", _OWN).splitlines()
    found = tuple(
        OwnRef(escaped(name), object_)
        for object_, _, name in (each.partition(" ") for each in told)
    )
    for each in found:
        keep(git, f"{ref}-own-{each.object[:16]}", each.object)
    head = head_of(git)
    elsewhere = (*((head,) if head else ()), "--branches", "--tags", "--remotes")
    commits = lonely(git, [*_in_reflog(git), *noted(git)], elsewhere)
    if commits:
        _keep_commits(git, f"{ref}-reflog", commits)
    return tuple(found)


def give_back(git: Git, refs: Iterable[OwnRef]) -> tuple[str, ...]:
    """In the worktree that `git` is in; what could not be, a sentence each. None is moved."""
    notes = []
    for each in refs:
        name = unescaped(each.name)
        if not name.startswith(_OWN) or git.run("show-ref", "-q", name).status == 0:
            continue
        done = git.run("update-ref", "--no-deref", name, each.object, "")
        if done.status != 0:
            notes.append(f"{each.name} did not come back: {done.error}")
    return tuple(notes)


def reflog_note(git: Git, ref: str) -> str | None:
    """That there are such commits, and where."""
    if commit_of(git, f"{ref}-reflog") is None:
        return None
    return f"commits that only its reflog or git's notes in it had are the parents of {ref}-reflog"


def _in_reflog(git: Git) -> list[str]:
    """Of HEAD and of its branch, which may go with it."""
    branch = git.run("symbolic-ref", "--quiet", "HEAD")
    found = []
    for name in ("HEAD", branch.text) if branch.status == 0 else ("HEAD",):
        told = git.run("log", "--walk-reflogs", "--format=%H", name, "--")
        # there is none, or what it had is gone
        found += told.text.split() if told.status == 0 else []
    return found


def noted(git: Git) -> list[str]:
    """The commits that git's own files of this worktree name, as the reflog of its HEAD, and its
    refs for what is under way.

    GitFailed, OSError.
    """
    own = Path(git.ask("rev-parse", "--absolute-git-dir"))
    names = git.ask("for-each-ref", "--format=%(objectname)", *_UNDER_WAY).split()
    for path in _notes(own):
        names += [found.decode() for found in _ID.findall(begin_of(path, _NOTE_BYTES) or b"")]
    if not names:
        return []
    given = "".join(f"{name}\n" for name in dict.fromkeys(names)).encode()
    told = git.ask("cat-file", "--batch-check=%(objecttype) %(objectname)", stdin=given)
    pairs = (line.split(" ") for line in told.split("\n"))
    return [pair[1] for pair in pairs if pair[0] == "commit"]


def _notes(own: Path) -> Iterator[Path]:
    """As `ORIG_HEAD`, `MERGE_AUTOSTASH`, and all that a rebase under way has. The reflog of HEAD
    as a file: git shows none of a branch without a commit.
    """
    yield own / "logs" / "HEAD"
    for place in (own, *(own / name for name in _NOTED_IN)):
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if place != own or _NOTE.fullmatch(path.name):
                yield path


def lonely(git: Git, commits: list[str], elsewhere: Iterable[str]) -> list[str]:
    """Those that nothing leads to of what `elsewhere` names, as `--branches`. GitFailed."""
    been = list(dict.fromkeys(commits))
    if not been:
        return []
    words = ("rev-list", "--ignore-missing", "--stdin", "--not", *elsewhere)
    told = git.run(*words, stdin="\n".join(been).encode())
    if told.status != 0 or told.is_cut:
        raise GitFailed(told.status, told.error or "git cannot say what its reflog has")
    of = set(told.text.split())
    return [each for each in been if each in of]


def _keep_commits(git: Git, ref: str, commits: list[str]) -> None:
    """Besides what the ref holds already."""
    here, last = as_greenroom(git), commit_of(git, ref)
    known = set(git.ask("rev-list", ref).split()) if last else set()
    fresh = [each for each in commits if each not in known]
    tree = here.ask("mktree")
    while fresh:
        some, fresh = fresh[:_AT_ONCE], fresh[_AT_ONCE:]
        parents = [word for each in ((last, *some) if last else some) for word in ("-p", each)]
        last = here.ask("commit-tree", tree, *parents, "-m", "greenroom: what its reflog had")
        keep(git, ref, last)
