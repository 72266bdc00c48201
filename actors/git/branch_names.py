"""Names of branches: which ones may be, how one becomes the name of a directory, and fresh ones."""

import re

from actors.git.command import Git
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


def _fault(name: str) -> str | None:
    size_bytes = len(name.encode(errors="surrogateescape"))
    if not name or "\0" in name:
        return "it is empty, or has a NUL in it"
    if name.startswith("-"):
        return "it begins with -"
    if name == "@" or name.startswith("refs/"):
        return "git would take it for something else; leave refs/ out"
    if _OBJECT_ID.fullmatch(name):
        return "git would take it for the id of a commit"
    if size_bytes > LIMIT_BYTES:
        return f"{size_bytes} bytes are more than {LIMIT_BYTES}"
    return None


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
