"""The changes in a session's directory against its base: files that git does not follow included.

The files are taken as a snapshot into a place of its own, so that neither the index nor the
repository is touched. No program that a repository names for differences is run (`diff.external`,
`textconv`). What is told is bounded, and says when it is cut.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from actors.git import patch, shares
from actors.git.command import Git, GitFailed, GitMissing, GitRun
from actors.git.look import directory_of, place
from actors.git.pipes import watched
from actors.git.scratch import scratch
from actors.git.snapshot import Snapshot, snapshot
from storage.records.diff import SessionDiff
from storage.records.request import Refusal
from storage.records.session import Session, WorktreeSession

DIFF_SECONDS = 60.0
LIST_BYTES = 16 << 20
READ_BYTES = 16 << 20
"""So much of a patch is read for the shares of its files."""
_SMALL = ("-c", "core.bigFileThreshold=256k")
FILES = 2000
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_COMPARE = (
    "diff-tree", "-r", "--find-renames", "-l1000",
    "--no-ext-diff", "--no-textconv", "--no-color", "--abbrev=12", "--no-relative",
    "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--ignore-submodules=none",
)  # fmt: skip

_FOR_APPLY = ("--binary", "--full-index")

Form = Literal["text", "patch", "files", "summary"]


class _Sides(Struct, frozen=True):
    """The trees that are compared; `base` is the commit of the old one."""

    base: str | None
    old: str
    now: Snapshot


def diff(session: Session, git: Git, form: Form, most_bytes: int) -> SessionDiff | Refusal:
    """`form` says whether the text, a patch that `git apply` takes (with what is binary), the hunks
    of each file or only the numbers are told; of all but those at most what fits in `most_bytes`.
    """
    here = watched(git.at(Path(directory_of(session))))
    try:
        refusal = _missing(session, here) or _no_files(here)
        if refusal:
            return refusal
        with _own_objects(here) as own:
            now = snapshot(own, to_compare=True)
            base = _base(session, own, now)
            if isinstance(base, Refusal):
                return base
            old = base or own.ask("hash-object", "-t", "tree", "--stdin")
            return _compared(own, _Sides(base, old, now), form, most_bytes)
    except GitMissing as error:
        return Refusal(code="git-missing", message=str(error))
    except (GitFailed, OSError) as error:
        text = f"the changes in {here.directory} cannot be told: {error}"
        return Refusal(code="git-failed", message=text)


def _missing(session: Session, git: Git) -> Refusal | None:
    """Why its directory is not what it was."""
    found = place(session, git, datetime.now(UTC))
    if found.location == "there" and found.problem is None:
        return None
    return Refusal(code="directory-missing", message=f"nothing to compare: {found.problem}")


def _no_files(git: Git) -> Refusal | None:
    """Why there is nothing to compare."""
    found = git.run("rev-parse", "--is-inside-work-tree")
    if found.status == 0 and found.text == "true":
        return None
    if found.status == 0:
        text = f"{git.directory} is a bare repository: it has no files that could have changed"
    else:
        reason = found.error.removeprefix("fatal: ").split("\n")[0]
        text = f"git follows no files in {git.directory} ({reason}); run git init there to begin"
    return Refusal(code="not-in-git", message=text)


@contextmanager
def _own_objects(git: Git) -> Iterator[Git]:
    """Git that writes its objects to a place which goes in the end, and reads the others too."""
    shared = git.ask("rev-parse", "--path-format=absolute", "--git-path", "objects")
    with scratch() as objects:
        own = {
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(shared),
        }
        yield git.having(own)


def _quoted(path: str) -> str:
    """A path as git reads it in a list, whatever is in it."""
    return '"' + "".join(f"\\{byte:03o}" for byte in os.fsencode(path)) + '"'


def _base(session: Session, git: Git, now: Snapshot) -> str | Refusal | None:
    """The commit that a worktree began at; elsewhere the one that is checked out."""
    if not isinstance(session, WorktreeSession) or session.base_commit is None:
        return now.head
    base = session.base_commit
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    if _COMMIT.fullmatch(base) and git.run(*words).status == 0:
        return base
    text = f"its base {base} is not in the repository any more; compare by hand with: git diff HEAD"
    return Refusal(code="base-not-found", message=text)


def _compared(git: Git, sides: _Sides, form: Form, most_bytes: int) -> SessionDiff | Refusal:
    told = _run(git, sides, LIST_BYTES, "--raw", "--numstat", "-z")
    files, is_cut = patch.listed(told.out), told.is_cut
    shown, text = [each.file for each in files[:FILES]], None
    if form == "patch":
        whole = _run(git, sides, most_bytes, "--patch", *_FOR_APPLY)
        is_cut = is_cut or whole.is_cut
        odd = None if whole.is_cut else patch.not_text(files, whole.out)
        if odd is not None:
            return _no_text(git, sides, odd)
        text = _text(patch.whole_lines(whole.out) if whole.is_cut else whole.out)
    elif form != "summary":
        parts, is_short = _sections(git, sides, most_bytes)
        is_cut = is_cut or is_short or sum(map(len, parts)) > most_bytes
        if form == "text":
            text = _text(shares.text(parts, most_bytes))
        else:
            shown = patch.with_hunks(files[:FILES], shares.whole(parts, most_bytes))
    branch = git.run("symbolic-ref", "--quiet", "HEAD")
    return SessionDiff(
        path=str(git.directory),
        base=sides.base,
        head=sides.now.head,
        branch=_shown(branch.text.removeprefix("refs/heads/")) if branch.status == 0 else None,
        summary=patch.summary(files),
        files=tuple(shown),
        text=text,
        is_cut=is_cut or len(files) > FILES,
        left_out=tuple(map(_shown, sides.now.left_out)),
    )


def _run(git: Git, sides: _Sides, most_bytes: int, *how: str, first: Sequence[str] = ()) -> GitRun:
    trees = (sides.old, sides.now.tree)
    told = git.run(*first, *_COMPARE, *how, *trees, seconds=DIFF_SECONDS, limit=most_bytes)
    if told.status != 0:
        raise GitFailed(told.status, told.error)
    return told


def _sections(git: Git, sides: _Sides, most_bytes: int) -> tuple[list[bytes], bool]:
    """The patch of each file, and whether any of it was not read. A file that is so large that
    nothing after it was read is left out the second time, as if it were binary.
    """
    room = max(most_bytes, READ_BYTES)
    read = _run(git, sides, room, "--patch")
    parts = shares.sections(patch.whole_lines(read.out) if read.is_cut else read.out)
    if read.is_cut:
        rest = _run(git, sides, room, "--patch", first=_SMALL)
        parts = shares.joined(parts, shares.sections(patch.whole_lines(rest.out)))
    return parts, read.is_cut


def _no_text(git: Git, sides: _Sides, name: str) -> Refusal:
    text = (
        f"{name} is not in UTF-8, so that the patch cannot be told whole; run in {git.directory},"
        f" after git add -N FILE for each new file: git diff --binary {sides.base or ''}".rstrip()
    )
    return Refusal(code="not-utf-8", message=text)


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _shown(path: str) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")
