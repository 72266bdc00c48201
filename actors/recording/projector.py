"""Keeps `sessions.json` of one workspace up to date, seldom enough to cost next to nothing.

Writes on the sync pool, never while an actor waits. What it writes can be rebuilt from the
journals, so an end in between loses nothing.
"""

import logging
import threading
import time
from collections.abc import Callable

from actors.ports import Clock
from actors.recording.recording import Recording
from storage import rejected, sessions_file
from storage.catalog import EDITED
from storage.data_dir import DataDir
from storage.errors import FileRefused, StorageError
from storage.sessions_file import Entry

_log = logging.getLogger(__name__)

SHORTEST_SECONDS = 0.5
COST_SHARE = 0.05
"""Writing takes at most this part of the time, however many sessions there are."""


class Projector:
    """`snapshot` is called on the pool's thread and gives what is to be written."""

    def __init__(
        self,
        data: DataDir,
        workspace: str,
        recording: Recording,
        clock: Clock,
        snapshot: Callable[[], list[Entry]],
    ) -> None:
        self._data = data
        self._path = data.sessions_file(workspace)
        self._recording = recording
        self._clock = clock
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._due = False
        self._is_retired = False
        self._pause_seconds = 0.0
        self._revision = 0
        self._ids: frozenset[str] = frozenset()
        self.problem: str | None = None

    def begin(self, revision: int, previous_ids: frozenset[str]) -> None:
        """Where the file stands that lies there."""
        self._revision, self._ids = revision, previous_ids

    def retire(self) -> None:
        """Write no more: from its return on the file belongs to somebody else."""
        with self._writing:
            self._is_retired = True

    def touch(self) -> None:
        """Something changed: write soon."""
        with self._lock:
            if self._due:
                return
            self._due = True
        self._clock.after(max(SHORTEST_SECONDS, self._pause_seconds), self._submit)

    def _submit(self) -> None:
        if self._is_retired:
            return
        try:
            self._recording.pool.submit(self.write)
        except RuntimeError:  # the recorder has ended; the next start rebuilds
            _log.info("%s is left to the next start", self._path.name)

    def write(self) -> None:
        """Write now, in the caller's thread."""
        with self._writing:
            if self._is_retired:
                return
            with self._lock:
                self._due = False
            started = time.monotonic()
            try:
                self._keep_edit()
                self._ids = sessions_file.write(
                    self._path,
                    self._revision + 1,
                    self._snapshot(),
                    previous_ids=self._ids,
                    at=self._clock.now(),
                )
                self._revision += 1
                self.problem = None
            except (StorageError, OSError) as error:
                self.problem = str(error)
                _log.error("cannot write %s: %s", self._path, error)
            self._pause_seconds = (time.monotonic() - started) / COST_SHARE

    def _keep_edit(self) -> None:
        """A file that is not as we left it is kept, never overwritten."""
        match sessions_file.read(self._path):
            case sessions_file.Edited():
                rejected.reject(self._path, self._data.rejected, FileRefused(EDITED))
            case sessions_file.Broken() as broken:
                rejected.reject(self._path, self._data.rejected, broken.refusal)
            case _:
                return
        _log.warning("%s was edited by hand; it is kept in rejected/", self._path.name)
