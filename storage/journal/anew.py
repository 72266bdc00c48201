"""Writes a whole journal into a file that has no name yet: the lines of another one, chained anew.

The caller syncs it before it gets its name; so every line may say that the one before it is there.
"""

from collections.abc import Iterable

import msgspec

from storage import durable
from storage.errors import LineTooLong
from storage.journal import frame
from storage.journal.frame import Commit, Header, JournalEnd


def write(descriptor: int, header: Header, commits: Iterable[Commit]) -> JournalEnd:
    """Where it ends. `prev` and `synced` of the commits are made anew. LineTooLong, OSError."""
    line = frame.encode_header(header)
    durable.write_whole(descriptor, line)
    number, size, crc = 0, len(line), frame.crc_of(line[:-1])
    for commit in commits:
        line = _chained(commit, crc)
        durable.write_whole(descriptor, line)
        number, size, crc = commit.n, size + len(line), frame.crc_of(line[:-1])
    return JournalEnd(number, size, crc)


def _chained(commit: Commit, prev: str) -> bytes:
    """The line after the one with `prev`. One that is too long says nothing of what is synced."""
    try:
        return frame.encode_commit(msgspec.structs.replace(commit, prev=prev, synced=commit.n - 1))
    except LineTooLong:
        return frame.encode_commit(msgspec.structs.replace(commit, prev=prev, synced=0))
