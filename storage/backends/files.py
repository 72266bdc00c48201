"""Journals as files of a data directory: the layout, the sync and the trash of the daemon.

For the holder of the directory's lock. `sessions.json` is only read, as evidence of how long a
journal was: the next start of the daemon brings it up to date.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from storage import attachments, durable, evidence, trash
from storage.attachments import Attachment
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt
from storage.journal.frame import Commit, JournalEnd
from storage.journal.log import NAME, Draft, Journal
from storage.records.ids import is_id


class FileLog:
    """A `Journal`, with what is too large for it beside it."""

    def __init__(self, directory: Path, journal: Journal) -> None:
        self._directory = directory
        self._journal = journal

    @classmethod
    def opened(cls, directory: Path, named_elsewhere: int) -> tuple[Self, list[Commit]]:
        journal, commits = Journal.open(directory, named_elsewhere)
        if journal.header.session != directory.name:
            journal.close()
            raise JournalCorrupt(f"{directory} holds the journal of {journal.header.session}")
        return cls(directory, journal), commits

    @property
    def end(self) -> JournalEnd:
        return self._journal.end

    def append(self, drafts: Sequence[Draft], apart: Iterable[Attachment] = ()) -> list[int]:
        large = tuple(apart)
        if large:
            attachments.write(self._directory, large)
        return self._journal.append(drafts)

    def close(self) -> None:
        self._journal.close()


class FileBackend:
    """The sessions of one workspace."""

    def __init__(self, data: DataDir, workspace: str) -> None:
        self._data = data
        self._workspace = workspace

    def create(self, session_id: str, at: datetime) -> FileLog:
        directory = self._data.session(self._workspace, session_id)
        if directory.exists() or any(self._data.trash(self._workspace).glob(f"{session_id}-*")):
            raise FileExistsError(directory)
        return FileLog(directory, Journal.create(directory, session_id, self._workspace, at))

    def open(self, session_id: str) -> tuple[FileLog, list[Commit]]:
        directory = self._data.session(self._workspace, session_id)
        return FileLog.opened(directory, self._named_elsewhere.get(session_id, 0))

    @cached_property
    def _named_elsewhere(self) -> dict[str, int]:
        """The last number of each journal that another file names. Read once: whatever is added to
        a journal from now on is added here.
        """
        path = self._data.sessions_file(self._workspace)
        with durable.named_failures(path):
            return evidence.named(self._data, self._workspace)

    def sessions(self) -> set[str]:
        place = self._data.sessions(self._workspace)
        with durable.named_failures(place):
            return {path.name for path in place.iterdir() if is_id(path.name) and _is_kept(path)}

    def discard(self, session_id: str, n: int) -> None:
        place = self._data.session(self._workspace, session_id)
        with durable.named_failures(place):
            trash.move_to_trash(self._data, self._workspace, session_id, n)


def _is_kept(directory: Path) -> bool:
    """Not what a creation left behind that a crash cut short."""
    return (directory / NAME).exists()
