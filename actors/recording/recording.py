"""Which journals are open, and the threads for files that should hold up no actor: a pool for our
own, and loose ones for those of users.

A journal belongs to one owner at a time: opening it again first waits for the last job of whoever
had it and takes the file away from them.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from actors.loose_threads import LooseThreads
from actors.recording.commits import Commits
from storage.journal.frame import Commit
from storage.journal.log import Journal

_log = logging.getLogger(__name__)

SYNC_THREADS = 16
"""Syncs of different files overlap on the disk: 16 threads gave six times one thread's commits. A
session syncs its journal in its own thread, since waking another takes longer than a fast disk.
"""


OUTSIDE_THREADS = 16
MOST_OUTSIDE = 64
OUTSIDE_SECONDS = 10.0
"""Git is ended at once, and a clean-up within some seconds; what is undone then takes a moment."""


class Recording:
    """Every method may be called from any thread while it is started."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._outside: LooseThreads | None = None
        self._open: dict[Path, Commits] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """What an earlier start left is ended first."""
        self.stop()
        self._pool = ThreadPoolExecutor(SYNC_THREADS, thread_name_prefix="sync")
        self._outside = LooseThreads(
            time.monotonic, name="outside", threads=OUTSIDE_THREADS, most=MOST_OUTSIDE
        )

    def stop(self) -> None:
        """Settle all that is on its way, then end the threads."""
        outside, self._outside = self._outside, None
        if outside and not outside.end(OUTSIDE_SECONDS):
            _log.warning("work in a directory does not end, and is taken up at the next start")
        with self._lock:
            remaining = list(self._open.values())
            self._open.clear()
            pool, self._pool = self._pool, None
        for commits in remaining:
            commits.close()
        if pool:
            pool.shutdown()

    @property
    def pool(self) -> ThreadPoolExecutor:
        """For other work with files that should not hold up an actor."""
        if self._pool is None:
            raise RuntimeError("the recorder does not run")
        return self._pool

    @property
    def outside(self) -> LooseThreads:
        """For work in directories of users: what hangs there holds up nobody else, and no end."""
        if self._outside is None:
            raise RuntimeError("the recorder does not run")
        return self._outside

    def create(
        self,
        directory: Path,
        session_id: str,
        workspace: str,
        at: datetime,
        notify: Callable[[], object],
    ) -> Commits:
        """A journal that comes to be with its first commit. FileExistsError if there is one."""
        self.release(directory)
        journal = Journal.create(directory, session_id, workspace, at)
        return self._register(directory, journal, notify)

    def open(
        self, directory: Path, notify: Callable[[], object], named_elsewhere: int = 0
    ) -> tuple[Commits, list[Commit]]:
        """The journal and all that it holds. Raises what `Journal.open` raises."""
        self.release(directory)
        journal, commits = Journal.open(directory, named_elsewhere)
        if journal.torn:
            _log.warning("a torn tail was cut from the journal and is kept as %s", journal.torn)
        return self._register(directory, journal, notify), commits

    def release(self, directory: Path) -> None:
        """Settle and close the journal of `directory`, if it is open."""
        with self._lock:
            commits = self._open.pop(directory, None)
        if commits:
            commits.close()

    def _register(self, directory: Path, journal: Journal, notify: Callable[[], object]) -> Commits:
        """RuntimeError while it is not started: nobody would settle this journal at the end."""
        commits = Commits(journal, notify)
        with self._lock:
            if self._pool is not None:
                self._open[directory] = commits
                return commits
        journal.close()
        raise RuntimeError("the recorder does not run")
