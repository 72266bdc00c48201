"""Keeps `sessions.json` of one workspace up to date, seldom enough to cost next to nothing.

Writes on the sync pool, never while an actor waits. What it writes can be rebuilt from the
journals, so an end in between loses nothing. What others have saved in its place comes out as a
claim; a file that is just being saved is left alone for a moment first.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress

from actors.ports import Clock
from actors.recording.recording import Recording
from storage import edit_claims, revisions, sessions_file
from storage.data_dir import DataDir
from storage.edit_claims import Claim, Stamp, stamp_of
from storage.errors import StorageError
from storage.revisions import Numbers, Revisions
from storage.sessions_file import Entry

_log = logging.getLogger(__name__)

SHORTEST_SECONDS = 0.5
COST_SHARE = 0.05
"""Writing takes at most this part of the time, however many sessions there are."""

LONGEST_PAUSE_SECONDS = 60.0
"""Between two attempts, while they fail."""
MOST_DOUBLINGS = 16
"""Of that pause; far more of them would not be a number any more."""

POLITE_LOOKS = 4
"""So often a file that is not as we left it is let be, for whoever saves it to come to an end."""


class Projector:
    """`snapshot` is called on the pool's thread and gives what is to be written; `changed` is
    called when `problem` is another.
    """

    def __init__(
        self,
        data: DataDir,
        workspace: str,
        recording: Recording,
        clock: Clock,
        snapshot: Callable[[], list[Entry]],
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        self._path = data.sessions_file(workspace)
        self._claims = self._path.parent / edit_claims.DIRECTORY
        self._recording = recording
        self._clock = clock
        self._snapshot = snapshot
        self._changed = changed
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._due = False
        self._is_retired = False
        self._pause_seconds = 0.0
        self._failures = 0
        self._looks = 0
        self._revision = 0
        self._previous: Numbers | None = None
        self._seal: bytes | None = None
        self._stamp: Stamp | None = None
        self.revisions = Revisions(self._path.with_name(revisions.NAME))
        self.problem: str | None = None

    def begin(self, revision: int) -> None:
        """`revision`: the last that was used."""
        self._revision = revision
        with suppress(OSError, StorageError):
            edit_claims.clear(self._claims, lambda path: sessions_file.is_ours(path, None))

    def retire(self) -> None:
        """Write no more: from its return on the file belongs to somebody else."""
        with self._writing:
            self._is_retired = True

    def touch(self) -> None:
        """Something changed: write soon."""
        self._write_after(max(SHORTEST_SECONDS, self._pause_seconds))

    def write(self) -> None:
        """Write now, in the caller's thread, whatever lies there."""
        with self._writing:
            if not self._is_retired:
                self._write()

    def leave_out(self, session_ids: Collection[str]) -> None:
        """See to it that the file names none of these, which are no more; in the caller's thread.

        Where it cannot be written, it stays as it is, as after any failure to write it.
        """
        with self._writing:
            known = self._previous
            if not self._is_retired and (known is None or not known.keys().isdisjoint(session_ids)):
                self._write()

    def claims(self) -> list[Claim]:
        """What was saved by others and is not dealt with, in the order it came out. OSError."""
        with self._writing:  # what is being put in place is no claim
            return edit_claims.claims(self._claims)

    def is_in_place(self) -> bool:
        """Whether the file that lies there is the one that was written last. OSError."""
        with self._writing:
            return self._is_in_place()

    def _is_in_place(self) -> bool:
        now = stamp_of(self._path)
        if self._stamp is None and now is not None:
            found = sessions_file.read(self._path)
            if isinstance(found, sessions_file.SessionsFile) and found.revision == self._revision:
                self._stamp = now
        return now is not None and now == self._stamp

    def _write_after(self, seconds: float) -> None:
        with self._lock:
            if self._due:
                return
            self._due = True
        self._clock.after(seconds, self._submit)

    def _submit(self) -> None:
        if self._is_retired:
            return
        try:
            self._recording.pool.submit(self._write_politely)
        except RuntimeError:  # the recorder has ended; the next start rebuilds
            _log.info("%s is left to the next start", self._path.name)

    def _write_politely(self) -> None:
        with self._writing:
            if self._is_retired:
                return
            if self._is_being_saved():
                with self._lock:
                    self._due = False
                self._write_after(SHORTEST_SECONDS)
            else:
                self._write()

    def _is_being_saved(self) -> bool:
        """It is not as we left it; whoever takes edits will take it, or else we do before long."""
        if self._stamp is None or stamp_of(self._path) == self._stamp:
            self._looks = 0
        else:
            self._looks += 1
        return 0 < self._looks <= POLITE_LOOKS

    def _write(self) -> None:
        with self._lock:
            self._due = False
        started, before = time.monotonic(), self.problem
        self._revision += 1
        try:
            self._put_in_place()
        except (StorageError, OSError) as error:
            self._previous = None
            self._failures += 1
            self.problem = str(error)
            _log.error("cannot write %s: %s", self._path, error)
            pause = SHORTEST_SECONDS * 2 ** min(self._failures, MOST_DOUBLINGS)
            self._write_after(min(pause, LONGEST_PAUSE_SECONDS))
        self._pause_seconds = (time.monotonic() - started) / COST_SHARE
        if self.problem != before:
            self._changed()

    def _put_in_place(self) -> None:
        written = sessions_file.write(
            self._path,
            self._revision,
            self._snapshot(),
            previous=self._previous,
            at=self._clock.now(),
            seal=self._seal,
            revisions=self.revisions,
        )
        self._previous, self._seal = written.numbers, written.seal
        self._stamp = written.stamp
        self._failures = self._looks = 0
        self.problem = None
        if written.claim:
            _log.info("%s was saved by somebody; it is looked at", self._path)
