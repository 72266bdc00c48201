"""Journals in memory, for programs that keep nothing and for tests.

Each commit is kept as the line that a file would hold, so that limits, copies and what can be read
back are the same. A log that somebody else has added to meanwhile takes nothing more.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from storage.attachments import Attachment
from storage.errors import JournalMissing, StorageError
from storage.journal.frame import Commit, JournalEnd, crc_of, decode_commit, encode_commit
from storage.journal.log import Draft

_EMPTY = JournalEnd(0, 0, "00000000")


class _Journal(Struct):
    """What is kept of a session."""

    lines: list[bytes] = []
    apart: dict[str, bytes] = {}
    end: JournalEnd = _EMPTY


class MemoryLog:
    """Its journal is found by others from the first append on."""

    def __init__(self, session_id: str, journal: _Journal, kept: dict[str, _Journal]) -> None:
        self._session_id = session_id
        self._journal: _Journal | None = journal
        self._kept = kept
        self._end = journal.end

    @property
    def end(self) -> JournalEnd:
        return self._end

    def append(self, drafts: Sequence[Draft], apart: Iterable[Attachment] = ()) -> list[int]:
        journal = self._journal
        if journal is None:
            raise ValueError(f"the journal of {self._session_id} is closed")
        if journal.end.n != self._end.n:
            text = (
                f"the journal of {self._session_id} is at number {journal.end.n}, not at"
                f" {self._end.n}: somebody else adds to it; open it again"
            )
            raise StorageError(text)
        lines, end = _encoded(self._end, drafts)
        if lines and self._kept.setdefault(self._session_id, journal) is not journal:
            raise StorageError(f"somebody else has created {self._session_id} meanwhile")
        journal.apart.update({one.sha256: one.content for one in apart})
        journal.lines += lines
        before, self._end = self._end.n, end
        journal.end = end
        return list(range(before + 1, end.n + 1))

    def close(self) -> None:
        self._journal = None


def _encoded(end: JournalEnd, drafts: Sequence[Draft]) -> tuple[list[bytes], JournalEnd]:
    lines: list[bytes] = []
    before = end.n
    for at, events, request in drafts:
        commit = Commit(
            n=end.n + 1,
            synced=before,
            prev=end.crc,
            at=at,
            request=request,
            events=tuple(events),
        )
        lines.append(encode_commit(commit))
        end = JournalEnd(commit.n, end.bytes + len(lines[-1]), crc_of(lines[-1][:-1]))
    return lines, end


class MemoryBackend:
    """All that it holds is gone with it."""

    def __init__(self) -> None:
        self._kept: dict[str, _Journal] = {}
        self._discarded: set[str] = set()

    def create(self, session_id: str, at: datetime) -> MemoryLog:
        if session_id in self._kept or session_id in self._discarded:
            raise FileExistsError(session_id)
        return MemoryLog(session_id, _Journal(), self._kept)

    def open(self, session_id: str) -> tuple[MemoryLog, list[Commit]]:
        journal = self._kept.get(session_id)
        if journal is None:
            raise JournalMissing(f"there is no journal of {session_id}")
        commits = [decode_commit(line) for line in journal.lines]
        return MemoryLog(session_id, journal, self._kept), commits

    def sessions(self) -> set[str]:
        return set(self._kept)

    def discard(self, session_id: str, n: int) -> None:
        if self._kept.pop(session_id, None) is not None:
            self._discarded.add(session_id)

    def clear(self) -> None:
        """Forget everything, used ids included."""
        self._kept.clear()
        self._discarded.clear()
