"""What `git status --porcelain=v2 --branch -z` says, as values. PURE.

Paths may hold every byte but zero, so only the zeros end a line; a rename has one more.
"""

import os
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

WORDS = (
    *("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal"),
    "--ignore-submodules=dirty",  # a git in one would run the filters that it names
)


class StatusReport(Struct, frozen=True):
    """`branch` is None on a detached HEAD, `head` before the first commit. `ahead` and `behind` are
    None without an upstream, or if that has gone.
    """

    branch: str | None = None
    head: str | None = None
    upstream: str | None = None
    ahead: int | None = None
    behind: int | None = None
    staged: int = 0
    modified: int = 0
    untracked: int = 0
    conflicted: int = 0


def parsed(out: bytes) -> StatusReport:
    """ValueError if it is none."""
    told: dict[bytes, bytes] = {}
    counts: Counter[str] = Counter()
    for line in _lines(out):
        if line.startswith(b"# "):
            _, name, value = line.split(b" ", 2)
            told[name] = value
        else:
            counts.update(_kinds(line))
    head = told.get(b"branch.oid", b"(initial)")
    branch = told.get(b"branch.head", b"(detached)")
    ahead, _, behind = told.get(b"branch.ab", b"").decode().partition(" ")
    upstream = told.get(b"branch.upstream")
    return StatusReport(
        branch=None if branch == b"(detached)" else os.fsdecode(branch),
        head=None if head == b"(initial)" else head.decode(),
        upstream=None if upstream is None else os.fsdecode(upstream),
        ahead=abs(int(ahead)) if ahead else None,
        behind=abs(int(behind)) if behind else None,
        **counts,
    )


def _lines(out: bytes) -> Iterator[bytes]:
    """Without the old names of what was renamed."""
    pieces = iter(out.split(b"\0"))
    for piece in pieces:
        if piece:
            yield piece
        if piece.startswith(b"2 "):
            next(pieces, None)


def _kinds(line: bytes) -> Iterator[str]:
    match line[:2]:
        case b"? ":
            yield "untracked"
        case b"u ":
            yield "conflicted"
        case b"1 " | b"2 ":
            if line[2:3] != b".":
                yield "staged"
            if line[3:4] != b".":
                yield "modified"
