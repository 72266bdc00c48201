"""An open journal: appends commits so that they are on disk when `append` returns.

Belongs to one incarnation of one session, and to one thread at a time; who may open it when, and
on which thread a sync waits, is the recorder's. After any error the journal ends where it last did
for the caller: a commit is either acknowledged or refused.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from storage import durable
from storage.errors import StorageFull, SyncFailed
from storage.journal.aside import keep_tail
from storage.journal.frame import Commit, Header, JournalEnd, crc_of, encode_commit, encode_header
from storage.journal.repair import mend
from storage.journal.scan import Heard, Scan, opened, scan
from storage.records.event import AnyEvent

NAME = "journal.jsonl"

Draft = tuple[datetime, Sequence[AnyEvent], str | None]
"""What becomes a commit: its time (aware, UTC), its events, the id of the request it answers."""


class Journal:
    """Made by `create` or `open`. `header` names the session, `torn` the copy of a cut tail."""

    def __init__(self, path: Path, header: Header, end: JournalEnd) -> None:
        self._path = path
        self._end = end
        self._descriptor: int | None = None
        self._exists = True
        self._must_move = False
        self.header = header
        self.torn: Path | None = None

    @classmethod
    def create(cls, directory: Path, session_id: str, workspace: str, at: datetime) -> Self:
        """A session's journal, which comes to be, together with `directory`, by its first append.

        FileExistsError if there is one.
        """
        return cls.create_at(
            directory / NAME, Header(session=session_id, workspace=workspace, at=at)
        )

    @classmethod
    def create_at(cls, path: Path, header: Header) -> Self:
        """The same for a journal of any name."""
        if path.exists():
            raise FileExistsError(path)
        line = encode_header(header)
        journal = cls(path, header, JournalEnd(0, len(line), crc_of(line[:-1])))
        journal._exists = False
        return journal

    @classmethod
    def open(cls, directory: Path, named_elsewhere: int = 0) -> tuple[Self, list[Commit]]:
        """A session's journal, ready for more, and all its commits, which are on disk by then.

        Cuts a torn tail. `named_elsewhere`: as for `repair.mend`. JournalMissing, JournalCorrupt,
        JournalTooNew, StorageError.
        """
        return cls.open_at(directory / NAME, named_elsewhere)

    @classmethod
    def open_at(cls, path: Path, named_elsewhere: int = 0) -> tuple[Self, list[Commit]]:
        """The same for a journal of any name."""
        descriptor = opened(path, os.O_RDWR | os.O_APPEND)
        try:
            with durable.named_failures(path):
                found = scan(descriptor, path)
                torn = mend(descriptor, path, found, named_elsewhere)
                _settle(descriptor, path)
        except BaseException:
            os.close(descriptor)
            raise
        journal = cls(path, found.header, found.end)
        journal._descriptor, journal.torn = descriptor, torn
        return journal, found.commits

    @property
    def end(self) -> JournalEnd:
        """The end of what is acknowledged; number 0 before the first append."""
        return self._end

    @property
    def directory(self) -> Path:
        """Where it lies, and what belongs to it beside it."""
        return self._path.parent

    def append(self, drafts: Iterable[Draft]) -> list[int]:
        """Writes one commit per draft, all with one write and one sync; their numbers.

        All or none are acknowledged. LineTooLong, StorageFull, StorageError: nothing is written.
        SyncFailed: not confirmed; the journal goes on in a new file, or, while the disk refuses
        that too, tries to at the next append. ValueError: a draft that could not be read back, or
        a closed journal.
        """
        before = self._end.n
        content, end = self._encoded(drafts)
        if end.n == before:
            return []
        if self._exists:
            self._extend(content)
        else:
            self._come_to_be(content)
        self._end = end
        return list(range(before + 1, end.n + 1))

    def close(self) -> None:
        """Lets go of the file. Closing twice does nothing."""
        self._exists = True
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _encoded(self, drafts: Iterable[Draft]) -> tuple[bytes, JournalEnd]:
        number, crc = self._end.n, self._end.crc
        lines = []
        for at, events, request in drafts:
            number += 1
            commit = Commit(
                n=number,
                synced=self._end.n,
                prev=crc,
                at=at,
                request=request,
                events=tuple(events),
            )
            lines.append(encode_commit(commit))
            crc = crc_of(lines[-1][:-1])
        content = b"".join(lines)
        return content, JournalEnd(number, self._end.bytes + len(content), crc)

    def _come_to_be(self, content: bytes) -> None:
        directory = self._path.parent
        temporary = temporary_of(self._path)
        with durable.named_failures(self._path):
            durable.make_directory(directory)
            descriptor = durable.create(temporary, append=True)
            try:
                durable.write_whole(descriptor, encode_header(self.header) + content)
                with _sync_failures(self._path):
                    _put_in_place(descriptor, temporary, self._path)
                    durable.sync_directory(directory.parent)
            except BaseException:
                os.close(descriptor)
                temporary.unlink(missing_ok=True)
                self._path.unlink(missing_ok=True)
                raise
        self._descriptor = descriptor
        self._exists = True

    def _extend(self, content: bytes) -> None:
        if self._descriptor is None:
            raise ValueError(f"{self._path} is closed")
        if self._must_move:
            self._move(self._descriptor)
        self._write(self._descriptor, content)
        try:
            os.fdatasync(self._descriptor)
            if os.fstat(self._descriptor).st_nlink == 0:
                raise FileNotFoundError(errno.ENOENT, "the journal was removed", str(self._path))
        except OSError as error:
            self._must_move = True
            self._move_after_failure(self._descriptor)
            raise _not_confirmed(self._path, error) from error

    def _write(self, descriptor: int, content: bytes) -> None:
        """All of it or, as far as any reader can see, nothing."""
        try:
            written = os.write(descriptor, content)
        except OSError as error:
            self._take_back(descriptor)
            raise durable.storage_error(error, self._path) from error
        if written < len(content):
            self._take_back(descriptor)
            raise StorageFull(f"no space left for {self._path}: free some and try again")

    def _take_back(self, descriptor: int) -> None:
        """Cuts what a failed write left. If even that fails, the file is not written to again."""
        try:
            os.ftruncate(descriptor, self._end.bytes)
        except OSError:
            self._must_move = True

    def _move_after_failure(self, old: int) -> None:
        """Where even the move fails, what is refused must at least not come back at a restart."""
        try:
            self._move(old)
        except SyncFailed:
            self._take_back(old)
            raise

    def _move(self, old: int) -> None:
        """Goes on in a new file with what was acknowledged; the rest of the old one is kept.

        After a failed sync the kernel counts the lost pages as written, so asking the same file
        again would get a yes that is not true.
        """
        with _sync_failures(self._path):
            if os.fstat(old).st_size > self._end.bytes:
                name = f"{self._path.stem}.unsynced-{self._end.n + 1}"
                keep_tail(old, self._end.bytes, self._path.parent, name)
            temporary = temporary_of(self._path)
            fresh = durable.create(temporary, append=True)
            try:
                durable.copy_range(old, fresh, 0, self._end.bytes)
                _put_in_place(fresh, temporary, self._path)
            except BaseException:
                os.close(fresh)
                raise
        os.close(old)
        self._descriptor = fresh
        self._must_move = False


def read(directory: Path) -> Scan:
    """What a journal says and how it ends, without opening it for more and without any repair.

    JournalMissing, JournalCorrupt, JournalTooNew, StorageError.
    """
    return read_at(directory / NAME)


def read_at(path: Path, heard: Heard | None = None) -> Scan:
    """The same for a journal of any name; `heard` as in `scan`."""
    descriptor = opened(path)
    try:
        with durable.named_failures(path):
            return scan(descriptor, path, heard)
    finally:
        os.close(descriptor)


def size_bytes(directory: Path) -> int | None:
    """The length of a session's journal, None if no file is there. Equal to a `JournalEnd.bytes`
    that was recorded for it, nothing was added since. OSError.
    """
    try:
        status = (directory / NAME).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def temporary_of(path: Path) -> Path:
    """Where a journal is made before it gets its name; what lies there is half made."""
    return path.with_name(f"{path.name}.tmp")


def _settle(descriptor: int, path: Path) -> None:
    """An earlier process may have ended between writing and syncing what was now read."""
    temporary_of(path).unlink(missing_ok=True)
    os.fdatasync(descriptor)
    durable.sync_directory(path.parent)
    durable.sync_directory(path.parent.parent)


def _put_in_place(descriptor: int, temporary: Path, path: Path) -> None:
    os.fsync(descriptor)
    temporary.rename(path)
    durable.sync_directory(path.parent)


@contextmanager
def _sync_failures(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _not_confirmed(path, error) from error


def _not_confirmed(path: Path, error: OSError) -> SyncFailed:
    return SyncFailed(
        f"the disk did not confirm {path} ({error.strerror or error}): nothing of this was done"
    )
