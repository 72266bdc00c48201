"""Names of branches: which ones may be, how one becomes the name of a directory, and fresh ones."""

import re

from actors.git.command import Git
from actors.git.repository import remotes
from storage.records.request import Refusal

LIMIT_BYTES = 200
"""Git keeps a branch as a file of that name, and a lock beside it: most systems take 255."""
_DIRECTORY_BYTES = 80
_WHERE = "$.branch"
_NOT_PLAIN = re.compile(r"[^\w.-]+")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def refusal(git: Git, name: str) -> Refusal | None:
    """Why this cannot be the name of a branch, or None."""
    reason = _fault(name)
    if reason is None:
        done = git.run("check-ref-format", "--branch", name)
        if done.status == 0 and done.text == name:
            return None
        reason = "git takes no such name: no spaces, no .., none of ~^:?*[\\, no .lock at its end"
    text = f"{name[:LIMIT_BYTES]!r} cannot be the name of a branch: {reason}"
    return Refusal(code="bad-branch", message=text, path=_WHERE)


def of_a_remote(git: Git, name: str) -> Refusal | None:
    """Why no new branch may be called so: git could not tell it from a remote's any more."""
    there = remotes(git)
    if name in there:
        text = (
            f"{name} is the name of a remote, for whose default branch git would take it; name"
            f" another branch, or, to work on one of the remote, that without {name}/"
        )
        return Refusal(code="bad-branch", message=text, path=_WHERE)
    remote = next((each for each in there if name.startswith(f"{each}/")), None)
    if remote is None:
        return None
    own = name.removeprefix(f"{remote}/")
    text = (
        f"{name} would be taken for a branch of the remote {remote}; to work on that one name the"
        f" branch {own}, or name another one with {name} as its base"
    )
    return Refusal(code="bad-branch", message=text, path=_WHERE)


def _fault(name: str) -> str | None:
    size_bytes = len(name.encode(errors="surrogateescape"))
    if not name or "\0" in name:
        return "it is empty, or has a NUL in it"
    if name.startswith("-"):
        return "it begins with -"
    if name in {"@", "HEAD"}:
        return "git takes it for what is checked out; give the branch a name of its own"
    if name.startswith("refs/"):
        return "git would take it for something else; leave refs/ out"
    if not name.isprintable():
        return "it has a line break or another sign in it that is not to be seen"
    if any(part.startswith(".") or not part for part in name.split("/")):
        return "none of its parts may begin with a dot, or be empty"
    if _OBJECT_ID.fullmatch(name):
        return "git would take it for the id of a commit"
    if size_bytes > LIMIT_BYTES:
        return f"{size_bytes} bytes are more than {LIMIT_BYTES}"
    return None


def clash(one: str, other: str) -> bool:
    """Whether a repository cannot have both: git keeps no branch `a` beside one `a/b`."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def in_the_way(git: Git, name: str) -> str | None:
    """A branch that is there, and beside which this one cannot be; None too if it itself is."""
    first = f"refs/heads/{name.partition('/')[0]}"
    told = git.ask("for-each-ref", "--format=%(refname:lstrip=2)", first).splitlines()
    return None if name in told else next((each for each in told if clash(each, name)), None)


def beside(name: str, other: str) -> Refusal:
    free = name.replace("/", "-") if "/" in name else f"{name}-2"
    text = (
        f"there is a branch {other}, and git keeps no branch {name} beside it; name another one,"
        f" {free} for example"
    )
    return Refusal(code="bad-branch", message=text, path=_WHERE)


def being_made(name: str, other: str) -> Refusal:
    """Of a branch that another session is about to get."""
    if name != other:
        return beside(name, other)
    text = f"a worktree on {name} is just being made for another session; name another branch"
    return Refusal(code="branch-in-use", message=text, path=_WHERE)


def as_directory(name: str) -> str:
    """One plain directory name, of letters, digits, `_`, `.` and `-`, that shows what it is for.

    Different branches may come out the same; whoever makes a directory takes a free one.
    """
    plain = _NOT_PLAIN.sub("-", name).strip(".-")
    cut = plain.encode()[:_DIRECTORY_BYTES].decode(errors="ignore").rstrip(".-")
    if cut.lower().endswith((".git", ".lock")):
        cut = f"{cut[: cut.rindex('.')]}-{cut[cut.rindex('.') + 1 :]}"
    return cut or "worktree"


def from_title(title: str | None, session_id: str) -> str:
    """The name of a branch for a session that was given none; it may be taken."""
    words = as_directory((title or "").lower())
    return f"greenroom/{words if title and words != 'worktree' else session_id}"
