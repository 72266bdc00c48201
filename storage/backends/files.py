"""Journals as files of a data directory: the layout, the sync and the trash of the daemon.

For the holder of the directory's lock. `sessions.json` is only read, as evidence of how long a
journal was: the next start of the daemon brings it up to date.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from storage import attachments, durable, evidence, trash
from storage.attachments import Attachment
from storage.backends.base import Stored
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, StorageError
from storage.journal.frame import Commit, JournalEnd
from storage.journal.log import NAME, Draft, Journal, read_at
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

    def create(self, session_id: str, workspace: str, at: datetime) -> FileLog:
        directory = self._data.session(workspace, session_id)
        if directory.exists() or any(self._data.trash(workspace).glob(f"{session_id}-*")):
            raise FileExistsError(directory)
        return FileLog(directory, Journal.create(directory, session_id, workspace, at))

    def open(
        self, session_id: str, workspace: str, named_elsewhere: int = 0
    ) -> tuple[FileLog, list[Commit]]:
        return FileLog.opened(self._data.session(workspace, session_id), named_elsewhere)

    def sessions(self) -> list[Stored]:
        place = self._data.sessions(self._workspace)
        with durable.named_failures(place):
            found = [path for path in place.iterdir() if is_id(path.name) and _is_kept(path)]
            named = self._named_elsewhere()
        return [
            Stored(
                session_id=path.name,
                workspace=self._workspace,
                named_elsewhere=named.get(path.name, 0),
            )
            for path in found
        ]

    def _named_elsewhere(self) -> dict[str, int]:
        projected = evidence.projected(self._data.sessions_file(self._workspace))
        named = {session_id: end.n for session_id, end in projected.items()}
        for path in evidence.requests_journals(self._data):
            with suppress(StorageError):  # what cannot be read is no evidence
                for session_id, n in evidence.answered(read_at(path).commits).items():
                    named[session_id] = max(n, named.get(session_id, 0))
        return named

    def discard(self, session_id: str, workspace: str, n: int) -> None:
        place = self._data.session(workspace, session_id)
        with durable.named_failures(place):
            trash.move_to_trash(self._data, workspace, session_id, n)


def _is_kept(directory: Path) -> bool:
    """Not what a creation left behind that a crash cut short."""
    return (directory / NAME).exists()
