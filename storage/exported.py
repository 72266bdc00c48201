"""Writes a session to one file that another greenroom can import; the form is in `archive`.

Reads files alone, also while a daemon adds to them: journal, attachments and output only grow, so
what is there at one moment stays. Promises that the file at the target is whole or not there.
"""

import fcntl
import gzip
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from storage import archive, codec, durable
from storage.archive import Manifest, Member
from storage.errors import JournalCorrupt, StorageError
from storage.journal import log
from storage.journal.repair import is_torn
from storage.journal.scan import Scan, corrupt, opened, scan
from storage.replay import folded

Progress = Callable[[int, int], object]
"""Told how many bytes of how many are done."""

LOOKS = 5
"""Old output may be dropped between looking and reading; five times in one export it is not."""
_CHUNK_BYTES = 1 << 20


class _File(NamedTuple):
    name: str
    path: Path
    size: int


class _ChangedError(Exception):
    """A file is not as it was a moment ago."""


def export(
    directory: Path,
    target: Path,
    *,
    named_elsewhere: int,
    version: str,
    at: datetime,
    overwrite: bool = False,
    progress: Progress = lambda *_: None,
) -> Manifest:
    """The session whose directory that is, as a file at `target`; what stands in it.

    `named_elsewhere`: the highest number of its journal that anybody names. FileExistsError unless
    it may `overwrite`; JournalMissing, JournalCorrupt, JournalTooNew, StorageError.
    """
    if os.path.lexists(target) and not overwrite:
        raise FileExistsError(target)
    with _temporary(target) as temporary:
        manifest = _written(directory, temporary, named_elsewhere, version, at, progress)
        _put_in_place(temporary, target, overwrite=overwrite)
    return manifest


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """A name beside it for us alone, which an export that was killed may have left behind."""
    temporary = target.with_name(f".{target.name}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    with durable.named_failures(target):
        descriptor = os.open(temporary, flags, durable.FILE_MODE)
    try:
        if not _is_ours(descriptor, temporary):
            text = f"another export is just writing {target}; name another file, or wait for it"
            raise StorageError(text)
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _is_ours(descriptor: int, temporary: Path) -> bool:
    """False while another export has it, or has just put it in place."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), temporary.lstat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _written(
    directory: Path,
    temporary: Path,
    named_elsewhere: int,
    version: str,
    at: datetime,
    progress: Progress,
) -> Manifest:
    for _ in range(LOOKS):
        try:
            with durable.named_failures(directory):
                manifest, files = _described(directory, named_elsewhere, version, at, progress)
            with durable.named_failures(temporary):
                _write(temporary, manifest, files, progress)
        except _ChangedError:
            continue
        return manifest
    raise StorageError(f"{directory} changed while it was read; export it again in a moment")


def _put_in_place(temporary: Path, target: Path, *, overwrite: bool) -> None:
    is_placed = True
    with durable.named_failures(target):
        if overwrite:
            temporary.rename(target)
        else:
            is_placed = _placed_anew(temporary, target)
        durable.sync_directory(target.parent)
    if not is_placed:
        raise FileExistsError(target)


def _placed_anew(temporary: Path, target: Path) -> bool:
    """A link fails where a rename would overwrite; some file systems have none."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        return False
    except OSError:
        if os.path.lexists(target):
            return False
        temporary.rename(target)
    return True


def _described(
    directory: Path, named_elsewhere: int, version: str, at: datetime, progress: Progress
) -> tuple[Manifest, list[_File]]:
    found = _journal(directory, named_elsewhere)
    session = folded(directory, found.commits).record
    files = [_File(archive.JOURNAL, directory / log.NAME, found.end.bytes)]
    files += [*_attachments(directory), *_outputs(directory)]
    done, total, members = 0, 2 * sum(file.size for file in files), []
    for file in files:
        digest = hashlib.sha256()
        for chunk in _chunks(file):
            digest.update(chunk)
            done += len(chunk)
            progress(done, total)
        members.append(Member(file.name, file.size, digest.hexdigest()))
    manifest = Manifest(
        session=session.id,
        workspace=session.workspace,
        title=session.title,
        end=found.end,
        greenroom=version,
        at=at,
        members=tuple(members),
    )
    return manifest, files


def _journal(directory: Path, named_elsewhere: int) -> Scan:
    """Its whole lines, once they are on the disk; half a line at the end is somebody's at work."""
    path = directory / log.NAME
    descriptor = opened(path)
    try:
        found = scan(descriptor, path)
        os.fdatasync(descriptor)
        if os.fstat(descriptor).st_nlink == 0:
            raise _ChangedError
    finally:
        os.close(descriptor)
    fault = found.fault
    if fault and not is_torn(fault, named_elsewhere):
        raise corrupt(path, fault.offset, fault.number, "a line that was confirmed is damaged")
    if found.end.n < max(1, named_elsewhere):
        text = f"it ends at number {found.end.n}, but number {named_elsewhere} was confirmed"
        raise corrupt(path, found.end.bytes, max(1, named_elsewhere), text)
    if found.header.session != folded(directory, found.commits).record.id:
        raise JournalCorrupt(f"{path} names another session than its first line")
    return found


def _attachments(directory: Path) -> Iterator[_File]:
    yield from _files(directory / archive.ATTACHMENTS, archive.ATTACHMENTS)


def _outputs(directory: Path) -> Iterator[_File]:
    terminals = directory / archive.TERMINALS
    for name in _names(terminals):
        yield from _files(terminals / name, f"{archive.TERMINALS}/{name}")


def _files(directory: Path, prefix: str) -> Iterator[_File]:
    """Plain files with the names that such a directory's have; anything else stays behind."""
    for name in _names(directory):
        with suppress(FileNotFoundError):
            status = (directory / name).lstat()
            if stat.S_ISREG(status.st_mode) and archive.is_member(f"{prefix}/{name}"):
                yield _File(f"{prefix}/{name}", directory / name, status.st_size)


def _names(directory: Path) -> list[str]:
    """None for what is missing, or is a link and no directory."""
    try:
        if not stat.S_ISDIR(directory.lstat().st_mode):
            return []
        return sorted(path.name for path in directory.iterdir())
    except FileNotFoundError:
        return []


def _chunks(file: _File) -> Iterator[bytes]:
    """Its first `size` bytes. _ChangedError if they are not there any more."""
    with _opened(file) as source:
        left = file.size
        while left:
            chunk = source.read(min(left, _CHUNK_BYTES))
            if not chunk:
                raise _ChangedError
            yield chunk
            left -= len(chunk)


def _opened(file: _File) -> IO[bytes]:
    try:
        descriptor = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise _ChangedError from None
    return os.fdopen(descriptor, "rb")


class _Reading:
    """A file on its way into the archive, hashed as it passes."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._source.read(size)
        if len(chunk) < size:
            raise _ChangedError
        self.digest.update(chunk)
        return chunk


def _write(temporary: Path, manifest: Manifest, files: list[_File], progress: Progress) -> None:
    total = sum(file.size for file in files)
    done = total
    with os.fdopen(durable.create(temporary), "wb") as raw:
        with (
            gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
        ):
            content = codec.encode(manifest)
            tar.addfile(_entry(archive.MANIFEST, len(content), manifest.at), io.BytesIO(content))
            for file, member in zip(files, manifest.members, strict=True):
                with _opened(file) as source:
                    reading = _Reading(source)
                    tar.addfile(_entry(file.name, file.size, manifest.at), reading)
                if reading.digest.hexdigest() != member.sha256:
                    raise _ChangedError
                done += file.size
                progress(done, 2 * total)
        raw.flush()
        os.fsync(raw.fileno())


def _entry(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.size, found.mode, found.mtime = size, durable.FILE_MODE, int(at.timestamp())
    return found
