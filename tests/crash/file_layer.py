"""Stands before the system calls that change files, and records those below one directory.

Every thread's calls go through one lock, so that the recording has them in the order in which they
were done. `escaped` names what went past it; a recording is complete only if that is empty and
replaying it gives what really lies there (`Disk.kept`). Can also let a call fail.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage import exchange
from tests.crash import audit
from tests.crash.calls import Edit, Layout, Mark, Resized, Synced, SyncFailed, Wrote
from tests.crash.injection import SHORT, Injection
from tests.crash.recording import LEFT_OUT, Recording

RECORDED = (
    "open",
    "close",
    "write",
    "pwrite",
    "truncate",
    "ftruncate",
    "posix_fallocate",
    "fsync",
    "fdatasync",
    "rename",
    "replace",
    "link",
    "unlink",
    "remove",
    "mkdir",
    "rmdir",
)
FOREIGN = ("writev", "pwritev", "sendfile", "copy_file_range", "splice", "symlink", "mkfifo")
"""Not used by the storage code; a use would be an escape."""


class FileLayer:
    """The methods that are called as functions of `os` are do what those do."""

    def __init__(self, root: Path, layout: Layout, injection: Injection | None = None) -> None:
        self.escaped: list[str] = []
        self.struck = 0
        self._recording = Recording(str(root), layout)
        self._lock = threading.RLock()
        self._own = threading.local()
        self._injection = injection or Injection()
        self._counted = 0
        self._on_count: Callable[[str], None] | None = None
        self._real: dict[str, Callable[..., Any]] = {}
        self._exchange_at_once = exchange._exchange_at_once

    @property
    def calls(self) -> list[Any]:
        """What was done so far, marks included."""
        return self._recording.calls

    @property
    def counted(self) -> int:
        """How many of the calls that an injection counts there were."""
        return self._counted

    def mark(self, what: Any) -> None:
        with self._lock:
            self.calls.append(Mark(what))

    @contextmanager
    def injecting(
        self, injection: Injection, on_count: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """In place of the injection that there is, and counting from the next call.

        `on_count` is called with the kind of each call that is counted, before it is done or fails.
        """
        before = self._injection, self._counted, self._on_count
        self._injection, self._counted, self._on_count = injection, 0, on_count
        try:
            yield
        finally:
            self._injection, self._counted, self._on_count = before

    @contextmanager
    def installed(self) -> Iterator["FileLayer"]:
        """Only one at a time in a process."""
        self._real = {name: getattr(os, name) for name in (*RECORDED, *FOREIGN)}
        self._exchange_at_once = exchange._exchange_at_once
        for name in RECORDED:
            setattr(os, name, getattr(self, name))
        for name in FOREIGN:
            setattr(os, name, self._foreign(name))
        exchange._exchange_at_once = self.exchange
        audit.begin(self)
        try:
            yield self
        finally:
            audit.end()
            exchange._exchange_at_once = self._exchange_at_once
            for name, function in self._real.items():
                setattr(os, name, function)

    @contextmanager
    def _step(self, kind: str) -> Iterator[None]:
        """One call, and nobody's in between; an injected error comes in place of it."""
        with self._lock:
            self._own.is_inside = True
            try:
                if self._strikes(kind) and self._injection.error != SHORT:
                    error = self._injection.error
                    raise OSError(error, os.strerror(error))
                yield
            finally:
                self._own.is_inside = False

    def _strikes(self, kind: str) -> bool:
        if not self._injection.counts(kind):
            return False
        self._counted += 1
        if self._on_count:
            self._on_count(kind)
        struck = self._injection.strikes(self._counted)
        self.struck += struck
        return struck

    # Files.

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        real = self._real["open"]
        recording = self._recording
        place, is_root = recording.place(path, dir_fd), os.fsdecode(path) == recording.root
        if place is None and not is_root:
            descriptor: int = real(path, flags, mode, dir_fd=dir_fd)
            recording.descriptors.pop(descriptor, None)
            return descriptor
        with self._step("open"):
            number = recording.number(path, dir_fd)
            descriptor = real(path, flags, mode, dir_fd=dir_fd)
            if number is None and place is not None:
                number = recording.make(place)
            elif number is not None and flags & os.O_TRUNC:
                self.calls.append(Resized(number, 0))
            assert number is not None
            recording.descriptors[descriptor] = number
            return descriptor

    def close(self, descriptor: int) -> None:
        if descriptor not in self._recording.descriptors:
            self._real["close"](descriptor)
            return
        with self._lock:
            self._recording.descriptors.pop(descriptor, None)
            self._real["close"](descriptor)

    def write(self, descriptor: int, content: Any) -> int:
        number = self._recording.descriptors.get(descriptor)
        if number is None:
            return int(self._real["write"](descriptor, content))
        with self._step("write"):
            whole = bytes(content)
            if self._is_short():
                whole = whole[: max(1, len(whole) // 2)]
            written = int(self._real["write"](descriptor, whole))
            offset = os.lseek(descriptor, 0, os.SEEK_CUR) - written
            self.calls.append(Wrote(number, offset, whole[:written]))
            return written

    def pwrite(self, descriptor: int, content: Any, offset: int) -> int:
        number = self._recording.descriptors.get(descriptor)
        if number is None:
            return int(self._real["pwrite"](descriptor, content, offset))
        with self._step("pwrite"):
            written = int(self._real["pwrite"](descriptor, content, offset))
            self.calls.append(Wrote(number, offset, bytes(content)[:written]))
            return written

    def _is_short(self) -> bool:
        injection = self._injection
        return injection.error == SHORT and injection.strikes(self._counted)

    def truncate(self, path: Any, length: int) -> None:
        self._resize("truncate", path, length)

    def ftruncate(self, descriptor: int, length: int) -> None:
        self._resize("ftruncate", descriptor, length)

    def _resize(self, kind: str, path: Any, length: int) -> None:
        number = self._recording.number(path)
        if number is None:
            self._real[kind](path, length)
            return
        with self._step(kind):
            self._real[kind](path, length)
            self.calls.append(Resized(number, length))

    def posix_fallocate(self, descriptor: int, offset: int, length: int) -> None:
        number = self._recording.descriptors.get(descriptor)
        if number is None:
            self._real["posix_fallocate"](descriptor, offset, length)
            return
        with self._step("posix_fallocate"):
            size = os.fstat(descriptor).st_size
            self._real["posix_fallocate"](descriptor, offset, length)
            if offset + length > size:
                self.calls.append(Resized(number, offset + length))

    def fsync(self, descriptor: int) -> None:
        self._sync("fsync", descriptor)

    def fdatasync(self, descriptor: int) -> None:
        self._sync("fdatasync", descriptor)

    def _sync(self, kind: str, descriptor: int) -> None:
        number = self._recording.descriptors.get(descriptor)
        if number is None:
            self._real[kind](descriptor)
            return
        try:
            with self._step(kind):
                self._real[kind](descriptor)
                self.calls.append(Synced(number))
        except OSError:
            with self._lock:
                self.calls.append(SyncFailed(number))
            raise

    # Names.

    def rename(
        self,
        source: Any,
        target: Any,
        *,
        src_dir_fd: int | None = None,
        dst_dir_fd: int | None = None,
    ) -> None:
        real, recording = self._real["rename"], self._recording
        here, there = recording.place(source, src_dir_fd), recording.place(target, dst_dir_fd)
        if here is None or there is None:
            self._across(f"rename {source} {target}", here or there)
            real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
            return
        with self._step("rename"):
            real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
            moved, before = recording.at(here), recording.at(there)
            if here != there and moved != before:
                recording.rename(Edit(*here, moved, None), Edit(*there, before, moved))

    replace = rename

    def exchange(self, fresh: Path, path: Path) -> int:
        """Stands before the system call of `storage.exchange`."""
        recording = self._recording
        here, there = recording.place(fresh), recording.place(path)
        if here is None or there is None:
            self._across(f"exchange {fresh} {path}", here or there)
            return self._exchange_at_once(fresh, path)
        with self._step("exchange"):
            error = self._exchange_at_once(fresh, path)
            if not error:
                first, second = recording.at(here), recording.at(there)
                recording.rename(Edit(*here, first, second), Edit(*there, second, first))
            return error

    def link(
        self,
        source: Any,
        target: Any,
        *,
        src_dir_fd: int | None = None,
        dst_dir_fd: int | None = None,
        follow_symlinks: bool = True,
    ) -> None:
        real, recording = self._real["link"], self._recording
        keywords = {"src_dir_fd": src_dir_fd, "dst_dir_fd": dst_dir_fd}
        here, there = recording.place(source, src_dir_fd), recording.place(target, dst_dir_fd)
        if here is None or there is None:
            self._across(f"link {source} {target}", here or there)
            real(source, target, **keywords, follow_symlinks=follow_symlinks)
            return
        with self._step("link"):
            real(source, target, **keywords, follow_symlinks=follow_symlinks)
            recording.rename(Edit(*there, None, recording.at(here)))

    def _across(self, what: str, place: object) -> None:
        if place is not None:
            self.escaped.append(what)

    def unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._remove("unlink", path, dir_fd)

    def remove(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._remove("remove", path, dir_fd)

    def rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._remove("rmdir", path, dir_fd)

    def _remove(self, kind: str, path: Any, dir_fd: int | None) -> None:
        place = self._recording.place(path, dir_fd)
        if place is None:
            self._real[kind](path, dir_fd=dir_fd)
            return
        with self._step(kind):
            self._real[kind](path, dir_fd=dir_fd)
            self._recording.rename(Edit(*place, self._recording.at(place), None))

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        place = self._recording.place(path, dir_fd)
        if place is None:
            self._real["mkdir"](path, mode, dir_fd=dir_fd)
            return
        with self._step("mkdir"):
            self._real["mkdir"](path, mode, dir_fd=dir_fd)
            self._recording.make(place, is_directory=True)

    # What goes past.

    def _foreign(self, kind: str) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            if any(self._concerns(argument) for argument in arguments):
                self.escaped.append(f"{kind} {arguments}")
            return self._real[kind](*arguments, **keywords)

        return call

    def _concerns(self, argument: Any) -> bool:
        is_path = isinstance(argument, int | str | bytes | os.PathLike)
        return is_path and self._recording.number(argument) is not None

    def hear(self, event: str, paths: list[str]) -> None:
        """Of a change that the interpreter reports; those that are made here are known."""
        root = self._recording.root
        inside = [
            path
            for path in paths
            if path.startswith(f"{root}/") and not path.startswith(f"{root}/{LEFT_OUT}/")
        ]
        if inside and not getattr(self._own, "is_inside", False):
            self.escaped.append(f"{event} {inside}")
