"""The output of one worker's terminal: `<epoch>-<start offset>.out` segments in its directory.

An epoch is one incarnation of the process; an offset counts bytes from the start of its epoch.
Segments hold the bytes and nothing else, so that `cat` reads them; a range that no segment covers
was dropped (the oldest, past `WORKER_LIMIT_BYTES`) or could not be written (a gap).
The writer belongs to the terminal host and never fails after `create`; anyone may read meanwhile.
Somebody may remove files or directory while it writes: what is written from then on is in new ones.
"""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from msgspec import Struct, structs

SEGMENT_BYTES = 4 * 1024 * 1024
WORKER_LIMIT_BYTES = 64 * 1024 * 1024
RING_BYTES = 1024 * 1024

_NAME = re.compile(r"(\d+)-(\d+)\.out")
_LOOKS = 5
"""A segment may be dropped between looking and reading; five times in one read it is not."""


class OutputSlice(Struct, frozen=True, kw_only=True):
    """Bytes `start` to `next` of one epoch; `end` is where the stored output ends.

    `start` is later than what was asked for when that was dropped or fell into a gap, and `data`
    stops before a gap. `epochs` are those of which anything is kept, oldest first.
    """

    data: bytes
    start: int
    next: int
    end: int
    epoch: int
    epochs: tuple[int, ...]


class _Segment(NamedTuple):
    epoch: int
    start: int
    size: int
    name: str

    @property
    def end(self) -> int:
        return self.start + self.size


class OutputLog:
    """The one writer of the newest epoch."""

    def __init__(self, directory: Path, directory_fd: int, epoch: int) -> None:
        self.epoch = epoch
        self.end = 0
        self.lost_bytes = 0
        self._directory = directory
        self._directory_fd = directory_fd
        self._is_over = False
        self._unwritten = bytearray()
        self._segment: _Segment | None = None
        self._segment_fd = -1

    @classmethod
    def create(cls, directory: Path) -> Self:
        """Begin the next epoch in `directory`, which is made if absent.

        Raises OSError if the directory cannot be made or opened, or is somebody else's. A disk
        that is full only delays what is written.
        """
        directory_fd = _open_private(directory)
        try:
            segments = _segments(directory_fd)
            log = cls(directory, directory_fd, max((s.epoch for s in segments), default=0) + 1)
        except BaseException:
            os.close(directory_fd)
            raise
        with suppress(OSError):
            log._begin_segment(0)
        return log

    @property
    def has_unwritten(self) -> bool:
        """Whether something waits that the disk did not take."""
        return bool(self._unwritten)

    def append(self, data: bytes) -> None:
        """Write `data`, or keep its last `RING_BYTES` until the disk takes them again."""
        self.end += len(data)
        self._unwritten += data
        self.flush()

    def flush(self) -> bool:
        """Try to write what is waiting; true when nothing waits any more."""
        try:
            while self._unwritten:
                self._write_some()
        except OSError:
            excess = len(self._unwritten) - RING_BYTES
            if excess > 0:
                del self._unwritten[:excess]
                self.lost_bytes += excess
        return not self._unwritten

    def read(self, start: int, limit: int) -> OutputSlice:
        """Like the function `read` for this epoch, with what the disk did not take yet."""
        ring_start = self.end - len(self._unwritten)
        if self._unwritten and start < ring_start:
            stored = _read_at(self._directory_fd, self.epoch, start, limit)
            if stored.data:
                return stored
        elif not self._unwritten:
            return _read_at(self._directory_fd, self.epoch, start, limit)
        begin = min(max(start, ring_start), self.end)
        data = bytes(self._unwritten[begin - ring_start :][:limit])
        return OutputSlice(
            data=data,
            start=begin,
            next=begin + len(data),
            end=self.end,
            epoch=self.epoch,
            epochs=(self.epoch,),
        )

    def ends(self) -> None:
        """Whoever wrote has ended: a directory that is removed from now on is not made again."""
        self._is_over = True

    def discard(self) -> None:
        """Close an epoch that got no byte as if it had never begun."""
        name = self._segment.name if self._segment is not None else None
        with suppress(OSError):
            if name is not None:
                os.unlink(name, dir_fd=self._directory_fd)
        self.close()

    def close(self) -> None:
        self.flush()
        if self._segment_fd >= 0:
            os.close(self._segment_fd)
        os.close(self._directory_fd)
        self._segment_fd = self._directory_fd = -1

    def _write_some(self) -> None:
        start = self.end - len(self._unwritten)
        segment = self._segment
        if (
            segment is None
            or segment.end != start
            or segment.size >= SEGMENT_BYTES
            or os.fstat(self._segment_fd).st_nlink == 0
        ):
            segment = self._begin_segment(start)
        room = SEGMENT_BYTES - segment.size
        written = os.write(self._segment_fd, self._unwritten[:room])
        self._segment = segment._replace(size=segment.size + written)
        del self._unwritten[:written]

    def _begin_segment(self, start: int) -> _Segment:
        _drop_oldest(self._directory_fd, WORKER_LIMIT_BYTES - SEGMENT_BYTES)
        name = f"{self.epoch:06d}-{start:015d}.out"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            fd = os.open(name, flags, 0o600, dir_fd=self._directory_fd)
        except FileNotFoundError:
            self._make_again()
            fd = os.open(name, flags, 0o600, dir_fd=self._directory_fd)
        old, old_fd = self._segment, self._segment_fd
        self._segment, self._segment_fd = _Segment(self.epoch, start, 0, name), fd
        if old is not None:
            os.close(old_fd)
            if old.size == 0 and old.name != name:
                with suppress(OSError):
                    os.unlink(old.name, dir_fd=self._directory_fd)
        return self._segment

    def _make_again(self) -> None:
        """The directory was removed; not with all above it, which is not ours to make."""
        if self._is_over:
            raise FileNotFoundError(f"removed: {self._directory}")
        self._directory.parent.mkdir(mode=0o700, exist_ok=True)
        directory_fd = _open_private(self._directory)
        os.close(self._directory_fd)
        self._directory_fd = directory_fd


def read(directory: Path, *, epoch: int | None = None, start: int = 0, limit: int) -> OutputSlice:
    """At most `limit` bytes from offset `start` of `epoch` (absent: the newest).

    A negative `start` counts from the end. A start that was dropped reads from the oldest byte
    kept after it. No such directory or epoch: an empty slice. Raises OSError if unreadable.
    """
    try:
        directory_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return _slice([], epoch, start, ())
    try:
        return _read_at(directory_fd, epoch, start, limit)
    finally:
        os.close(directory_fd)


def page_before(
    directory: Path, *, epoch: int | None = None, before: int | None = None, limit: int
) -> OutputSlice:
    """At most `limit` bytes that end at offset `before` (absent: at the end), or at a gap there.

    Its `start` is the next `before`; 0, or no data, when there is nothing older.
    """
    start = -limit if before is None else max(before - limit, 0)
    size = limit if before is None else min(limit, before)
    piece = read(directory, epoch=epoch, start=start, limit=size)
    until = piece.end if before is None else min(before, piece.end)
    while piece.data and piece.next < until:  # there is a gap: what stands behind it is nearer
        near = read(directory, epoch=piece.epoch, start=piece.next, limit=until - piece.next)
        if near.start >= until or not near.data:
            break
        piece = near
    # Where the oldest that is kept is younger, reading began later than asked.
    start = min(piece.start, until)
    data = piece.data[: until - start]
    return structs.replace(piece, data=data, start=start, next=start + len(data))


def last_lines(piece: OutputSlice, count: int | None) -> OutputSlice:
    """The last `count` lines of it, the one that is not ended yet among them; None: all."""
    if count is None:
        return piece
    at = len(piece.data) - piece.data.endswith(b"\n")
    for _ in range(count):
        if at < 0:
            break
        at = piece.data.rfind(b"\n", 0, at)
    return structs.replace(piece, data=piece.data[at + 1 :], start=piece.start + at + 1)


def tail(directory: Path, size_bytes: int) -> bytes:
    """The last bytes of the newest epoch, at most `size_bytes`, up to its last gap."""
    if size_bytes <= 0:
        return b""
    return read(directory, start=-size_bytes, limit=size_bytes).data


def _read_at(directory_fd: int, epoch: int | None, start: int, limit: int) -> OutputSlice:
    for _ in range(_LOOKS - 1):
        with suppress(FileNotFoundError):
            return _read_once(directory_fd, epoch, start, limit)
    return _read_once(directory_fd, epoch, start, limit)


def _read_once(directory_fd: int, epoch: int | None, start: int, limit: int) -> OutputSlice:
    segments = _segments(directory_fd)
    epochs = tuple(sorted({segment.epoch for segment in segments}))
    if epoch is None and epochs:
        epoch = epochs[-1]
    kept = [segment for segment in segments if segment.epoch == epoch]
    end = kept[-1].end if kept else 0
    at = min(max(end + start, 0) if start < 0 else start, end)
    pieces: list[bytes] = []
    begin = position = at
    for segment in kept:
        if segment.end <= position or not segment.size:
            continue
        if segment.start > position:
            if pieces:
                break
            begin = position = segment.start
        wanted = min(segment.end - position, limit - (position - begin))
        piece = _pread(directory_fd, segment.name, wanted, position - segment.start)
        pieces.append(piece)
        position += len(piece)
        if len(piece) < wanted or position - begin >= limit:
            break
    return _slice(pieces, epoch, begin, epochs, end)


def _slice(
    pieces: list[bytes], epoch: int | None, start: int, epochs: tuple[int, ...], end: int = 0
) -> OutputSlice:
    data = b"".join(pieces)
    start = min(max(start, 0), end)
    return OutputSlice(
        data=data,
        start=start,
        next=start + len(data),
        end=end,
        epoch=epoch or 0,
        epochs=epochs,
    )


def _pread(directory_fd: int, name: str, size: int, offset: int) -> bytes:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(name, flags, dir_fd=directory_fd)
    try:
        return os.pread(fd, size, offset)
    finally:
        os.close(fd)


def _segments(directory_fd: int) -> list[_Segment]:
    """In order of epoch and offset."""
    found = []
    with os.scandir(directory_fd) as entries:
        for entry in entries:
            match = _NAME.fullmatch(entry.name)
            if match is None:
                continue
            with suppress(FileNotFoundError):
                size = entry.stat(follow_symlinks=False).st_size
                found.append(_Segment(int(match[1]), int(match[2]), size, entry.name))
    return sorted(found)


def _drop_oldest(directory_fd: int, keep_bytes: int) -> None:
    segments = _segments(directory_fd)
    total = sum(segment.size for segment in segments)
    for segment in segments:
        if total <= keep_bytes:
            return
        os.unlink(segment.name, dir_fd=directory_fd)
        total -= segment.size


def _open_private(directory: Path) -> int:
    """A descriptor of the directory, which is ours and 0700, as are those made on the way."""
    for missing in reversed([p for p in (directory, *directory.parents) if not p.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    directory_fd = os.open(directory, flags)
    try:
        _make_private(directory_fd)
    except BaseException:
        os.close(directory_fd)
        raise
    return directory_fd


def _make_private(directory_fd: int) -> None:
    status = os.fstat(directory_fd)
    if status.st_uid != os.geteuid():
        raise PermissionError(f"the directory belongs to user {status.st_uid}")
    if stat.S_IMODE(status.st_mode) != 0o700:
        os.fchmod(directory_fd, 0o700)
