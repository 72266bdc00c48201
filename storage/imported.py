"""Takes in a session that another greenroom exported; the form of the file is in `archive`.

Believes nothing of the file: every name, size and hash is checked against its manifest, nothing
larger than that is read or written, and no link or device is ever made. Unpacks beside the sessions
and renames at the end, so that a crash leaves the session out.
"""

import gzip
import hashlib
import io
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Self

from storage import archive, durable, staging, trash
from storage.archive import Manifest, Member
from storage.data_dir import DataDir
from storage.errors import FileRefused, StorageFull
from storage.journal import log
from storage.journal.frame import JournalEnd
from storage.records.event import SessionRestored
from storage.records.ids import is_id
from storage.records.session import Session
from storage.replay import folded
from storage.trash import SessionExists

RATIO_LIMIT = 1100
"""What gzip can make of a byte at the most; a manifest that claims more lies."""
_CHUNK_BYTES = 1 << 20
_DAMAGED = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)


class WorkspaceNotFound(FileRefused):
    """There is no workspace of that name here."""

    code = "workspace-not-found"


def bring_in(
    data: DataDir, path: Path, workspace: str | None, at: datetime, request: str | None = None
) -> tuple[Session, JournalEnd]:
    """Unpacks the file at `path` into a workspace, by default the one of the name it came from.

    The session is stopped. FileRefused for what is no whole export, WorkspaceNotFound,
    SessionExists if the id was used here, StorageError.
    """
    with _Archive(path) as source:
        manifest = source.manifest
        place = _workspace(data, workspace, manifest)
        _require_new(data, manifest.session)
        data.prepare_workspace(place)
        staged = data.workspace(place) / f"{staging.IMPORTING}{manifest.session}"
        source.require_room(staged.parent)
        with staging.staging(staged, manifest.session):
            source.unpack(staged)
            _verify(staged, manifest)
            found = trash.bring_back(
                staged,
                manifest.session,
                SessionRestored("import"),
                at,
                workspace=place,
                named_elsewhere=manifest.end.n,
                request=request,
            )
            _require_new(data, manifest.session)
            staging.put_in_place(staged, data.session(place, manifest.session))
    return found


def _workspace(data: DataDir, wanted: str | None, manifest: Manifest) -> str:
    names = data.workspace_names()
    workspace = manifest.workspace if wanted is None else wanted
    if workspace in names:
        return workspace
    shown = workspace[:80]
    text = f"there is no workspace {shown!r}; these are: {', '.join(names)}"
    hint = "" if wanted is not None else " (name the one to import into with --workspace)"
    raise WorkspaceNotFound(text + hint)


def _require_new(data: DataDir, session_id: str) -> None:
    trash.require_unused(data, session_id)
    for item in trash.shelved(data):
        if item.id == session_id:
            raise SessionExists(
                session_id,
                f"in the trash as {item.name}; bring that back with: greenroom restore {item.name},"
                f" or remove it first with: greenroom purge {item.name}",
            )


def _verify(staged: Path, manifest: Manifest) -> None:
    """The journal is whole, ends as the manifest says, and names nothing that could lead away."""
    found = log.read(staged)
    if found.fault is not None or found.end != manifest.end:
        raise FileRefused("its journal does not end where its manifest says")
    session = folded(staged, found.commits).record
    if not found.header.session == session.id == manifest.session:
        raise FileRefused("its journal is that of another session")
    if not all(is_id(worker.id) for worker in session.workers):
        raise FileRefused("a worker in it has an impossible id")


class _Archive:
    """An opened file whose manifest was read; use it in a `with`."""

    def __init__(self, path: Path) -> None:
        self._raw = _opened(path)
        try:
            self._size = os.fstat(self._raw.fileno()).st_size
            self._stream = _Limited(gzip.GzipFile(fileobj=self._raw, mode="rb"))
            with _refused():
                self._tar = tarfile.TarFile.open(fileobj=self._stream, mode="r|")
                self.manifest = archive.decode(self._manifest())
            self._require_possible()
        except BaseException:
            self._raw.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    def require_room(self, directory: Path) -> None:
        """StorageFull unless all of it fits."""
        total = sum(member.bytes for member in self.manifest.members)
        free = shutil.disk_usage(directory).free
        if total > free:
            raise StorageFull(f"it needs {total} bytes and {free} are free: free some first")

    def unpack(self, directory: Path) -> None:
        """Every file that the manifest names, synced. FileRefused, StorageError."""
        self._stream.limit += archive.unpacked_bytes(self.manifest.members)
        made = {directory}
        for member in self.manifest.members:
            with _refused():
                source = self._next(member.name, member.bytes)
                target = directory / member.name
                with durable.named_failures(target):
                    _make_parents(directory, target, made)
                    _copy(source, target, member)
        with _refused():
            if self._tar.next() is not None:
                raise FileRefused("it holds more than its manifest names")
        for path in sorted(made, reverse=True):
            durable.sync_directory(path)

    def _manifest(self) -> bytes:
        entry = self._tar.next()
        if entry is None or entry.name != archive.MANIFEST or not entry.isreg():
            raise FileRefused("it is no session that greenroom exported")
        if entry.size > archive.MANIFEST_LIMIT_BYTES:
            raise FileRefused("its manifest is too long")
        return _whole(self._tar, entry).read()

    def _require_possible(self) -> None:
        total = sum(member.bytes for member in self.manifest.members)
        if total > (self._size + 1024) * RATIO_LIMIT:
            raise FileRefused(f"its manifest claims {total} bytes, which cannot be in it")

    def _next(self, name: str, size: int) -> IO[bytes]:
        entry = self._tar.next()
        if entry is None:
            raise FileRefused(f"{name} is missing in it")
        plain = entry.type == tarfile.REGTYPE and not entry.issparse()
        if not plain or entry.name != name or entry.size != size:
            raise FileRefused(f"{entry.name[:200]!r} stands where its manifest says {name}")
        return _whole(self._tar, entry)


class _Limited(io.BufferedIOBase):
    """Gives no more than `limit` bytes, however much a small file unpacks to."""

    def __init__(self, source: gzip.GzipFile) -> None:
        self._source = source
        self._given = 0
        self.limit = archive.MANIFEST_LIMIT_BYTES + (1 << 16)

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = self._source.read(size)
        self._given += len(chunk)
        if self._given > self.limit:
            raise FileRefused("it unpacks to more than its manifest says")
        return chunk


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise FileRefused(f"it is no whole export: {error}") from error


def _opened(path: Path) -> IO[bytes]:
    """A regular file. FileRefused for anything else, which is never waited on."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise FileRefused(f"it cannot be opened: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileRefused("it is not a regular file")
    return os.fdopen(descriptor, "rb")


def _whole(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    found = tar.extractfile(entry)
    if found is None:
        raise FileRefused(f"{entry.name[:200]!r} is not a regular file")
    return found


def _make_parents(root: Path, target: Path, made: set[Path]) -> None:
    for parent in reversed(target.relative_to(root).parents):
        path = root / parent
        if path not in made:
            path.mkdir(durable.DIRECTORY_MODE)
            path.chmod(durable.DIRECTORY_MODE)
            made.add(path)


def _copy(source: IO[bytes], target: Path, member: Member) -> None:
    digest, length = hashlib.sha256(), 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(target, flags, durable.FILE_MODE)
    try:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            length += len(chunk)
            durable.write_whole(descriptor, chunk)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if length != member.bytes or digest.hexdigest() != member.sha256:
        raise FileRefused(f"{member.name} is not what its manifest says")
