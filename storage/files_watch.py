"""Says when to look into a directory: after every change in it that inotify, or its like, reports.

A report means "look now", never what happened: reports come late, several for one change, or are
lost, so whoever looks takes all that is there, and looks every few seconds anyway. Knows nothing
of what lies in the directories; does not go down into them.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

Look = Callable[[Path, Path | None], None]
"""With the directory, and the file in it that was closed after writing or moved there, if any."""

_WORTH_A_LOOK: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileClosedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]
"""Without reads, which our own look causes, and without deletions, which our taking causes."""

_STOP_SECONDS = 5.0
_logger = logging.getLogger(__name__)

# What comes in while a watch is being stopped is of no use to anybody; the library calls it an
# error.
logging.getLogger("watchdog.observers.inotify").addFilter(
    lambda record: "called when the thread is inactive" not in record.getMessage()
)


class FilesWatch:
    """Calls `look` from threads of its own; it must be short.

    What `look` raises is logged and goes no further, since it would end the thread that watches.
    """

    def __init__(self, directories: Iterable[Path], look: Look) -> None:
        self._directories = list(directories)
        self._look = look
        self._observer: BaseObserver | None = None
        self._watched: dict[Path, int] = {}
        self._scheduled: dict[Path, ObservedWatch] = {}
        self._overflow = _OverflowHandler(self._look_everywhere)

    def start(self) -> None:
        """From its return on no change goes unseen. OSError: directory missing, no more watches."""
        observer = _observer()
        try:
            observer.start()
            for directory in self._directories:
                self._schedule(observer, directory)
        except BaseException:
            observer.stop()
            raise
        self._observer = observer
        logging.getLogger("watchdog.observers").addHandler(self._overflow)

    def add(self, directory: Path) -> None:
        """Watches one more, at once if it was started. OSError."""
        if self._observer is not None:
            self._schedule(self._observer, directory)
        self._directories.append(directory)

    def remove(self, directory: Path) -> None:
        """Watch it no more; it may be gone."""
        self._directories.remove(directory)
        self._watched.pop(directory, None)
        scheduled = self._scheduled.pop(directory, None)
        if self._observer is not None and scheduled is not None:
            self._observer.unschedule(scheduled)

    def is_alive(self) -> bool:
        """False when reports have ceased to come: then stop it and start a new one.

        So it is when a directory was removed, also if another has its name by now.
        """
        observer = self._observer
        if observer is None or not observer.is_alive():
            return False
        if not all(emitter.is_alive() for emitter in observer.emitters):
            return False
        return all(_inode(directory) == inode for directory, inode in self._watched.items())

    def stop(self) -> None:
        """No look begins after its return. Stopping twice does nothing."""
        logging.getLogger("watchdog.observers").removeHandler(self._overflow)
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(_STOP_SECONDS)

    def _schedule(self, observer: BaseObserver, directory: Path) -> None:
        self._watched[directory] = directory.stat().st_ino  # before: what came later is seen
        handler = _Handler(lambda file: self._look_safely(directory, file))
        self._scheduled[directory] = observer.schedule(
            handler, str(directory), recursive=False, event_filter=_WORTH_A_LOOK
        )

    def _look_everywhere(self) -> None:
        for directory in self._directories:
            self._look_safely(directory, None)

    def _look_safely(self, directory: Path, file: Path | None) -> None:
        try:
            self._look(directory, file)
        except Exception:
            _logger.exception("looking into %s failed", directory)


def _observer() -> BaseObserver:
    """Of changes that bring something in, and that look back for no other.

    The library would hold every event for half a second after a file was moved out, in case it
    comes in elsewhere.
    """
    if sys.platform != "linux":
        return Observer()
    from watchdog.observers.inotify import InotifyFullEmitter, InotifyObserver
    from watchdog.observers.inotify_c import InotifyConstants, Mask

    class Arrivals(InotifyFullEmitter):
        def get_event_mask_from_filter(self) -> Mask:
            return Mask(super().get_event_mask_from_filter() & ~InotifyConstants.IN_MOVED_FROM)

    class ArrivalsObserver(InotifyObserver):
        def __init__(self) -> None:
            super().__init__()
            self._emitter_class = Arrivals

    return ArrivalsObserver()


def _inode(directory: Path) -> int | None:
    try:
        return directory.stat().st_ino
    except OSError:
        return None


class _Handler(FileSystemEventHandler):
    def __init__(self, look: Callable[[Path | None], None]) -> None:
        self._look = look

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileClosedEvent):
            self._look(Path(os.fsdecode(event.src_path)))
        elif isinstance(event, FileMovedEvent):
            self._look(Path(os.fsdecode(event.dest_path)))
        else:
            self._look(None)


class _OverflowHandler(logging.Handler):
    """The library only logs that the kernel dropped events."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._look = look

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage():
            self._look()
