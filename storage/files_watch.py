"""Says when to look into a directory: after every change in it that inotify, or its like, reports.

A report means "look now", never what happened: reports come late, several for one change, or are
lost, so whoever looks takes all that is there, and looks every few seconds anyway. Knows nothing
of what lies in the directories; does not go down into them.
"""

import logging
import os
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
from watchdog.observers.api import BaseObserver

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
        self._overflow = _OverflowHandler(self._look_everywhere)

    def start(self) -> None:
        """From its return on no change goes unseen. OSError: directory missing, no more watches."""
        observer = Observer()
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

    def is_alive(self) -> bool:
        """False when reports have ceased to come: then stop it and start a new one."""
        observer = self._observer
        if observer is None or not observer.is_alive():
            return False
        return all(emitter.is_alive() for emitter in observer.emitters)

    def stop(self) -> None:
        """No look begins after its return. Stopping twice does nothing."""
        logging.getLogger("watchdog.observers").removeHandler(self._overflow)
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(_STOP_SECONDS)

    def _schedule(self, observer: BaseObserver, directory: Path) -> None:
        directory.stat()  # the library's error would not name it
        handler = _Handler(lambda file: self._look_safely(directory, file))
        observer.schedule(handler, str(directory), recursive=False, event_filter=_WORTH_A_LOOK)

    def _look_everywhere(self) -> None:
        for directory in self._directories:
            self._look_safely(directory, None)

    def _look_safely(self, directory: Path, file: Path | None) -> None:
        try:
            self._look(directory, file)
        except Exception:
            _logger.exception("looking into %s failed", directory)


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
