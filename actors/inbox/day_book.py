"""The requests journal in the hands of its actor: one line after the other, each answered for.

What is submitted together shares syncs. Knows which day it is; what a line means is the caller's.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from actors.ports import Clock
from actors.recording.commits import Commits, Committed
from storage.attachments import Attachment
from storage.errors import StorageError
from storage.records.event import RequestAnswered, RequestEvent
from storage.request_index import Place
from storage.requests_journal import RequestsJournal

Done = Callable[[StorageError | None], object]


class _Line(NamedTuple):
    events: Sequence[RequestEvent]
    done: Done


class DayBook:
    """For one thread. `notify` is called from others when there is something to `collect`."""

    def __init__(
        self,
        journal: RequestsJournal,
        clock: Clock,
        pool: Callable[[], Executor],
        notify: Callable[[], object],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._pool = pool
        self._notify = notify
        self._day = ""
        self._commits: Commits | None = None
        self._end_bytes = 0
        self._lines: deque[_Line] = deque()

    def submit(
        self, events: Sequence[RequestEvent], done: Done, apart: Sequence[Attachment] = ()
    ) -> None:
        """Put one line on its way. `done` is called with None once it is durable, else with why it
        never will be; never before this has returned, but for a day that cannot be opened.
        """
        try:
            commits = self._of_today()
        except (StorageError, OSError) as error:
            done(error if isinstance(error, StorageError) else StorageError(str(error)))
            return
        self._lines.append(_Line(events, done))
        commits.submit(self._clock.now(), events, None, apart)
        commits.start(self._pool())

    def collect(self) -> None:
        """See what has become of lines; what their `done` submits is on its way after this."""
        commits = self._commits
        for result in commits.collect() if commits else ():
            lines = [self._lines.popleft() for _ in range(result.count)]
            if isinstance(result, Committed):
                self._apply(lines, result.end.bytes)
                error = None
            else:
                assert commits is not None
                commits.reset()
                if not isinstance(result.error, StorageError):
                    raise result.error
                error = result.error
            for line in lines:
                line.done(error)

    def turn(self) -> None:
        """Let go of a day that is over, and delete those that are too old. OSError."""
        if self._day != self._today() and not self._lines:
            self.close()
            self._journal.expire(self._clock.now().date())

    def close(self) -> None:
        """Wait for what is on its way, and let go of the file; nobody is told of it any more."""
        if self._commits is not None:
            self._commits.close()
            self._commits = None
        self._day = ""
        self._journal.close()

    def _today(self) -> str:
        """Never a day before one that holds what is open, should the clock be put back."""
        today = self._clock.now().date().isoformat()
        return max(today, self._journal.latest_day) if self._journal.index.open else today

    def _of_today(self) -> Commits:
        if self._commits is None or (self._day != self._today() and not self._lines):
            if self._commits is not None:
                self.close()
            day = self._today()
            journal = self._journal.open(day, self._clock.now())
            self._day, self._end_bytes = day, journal.end.bytes
            self._commits = Commits(journal, self._notify)
        return self._commits

    def _apply(self, lines: list[_Line], end_bytes: int) -> None:
        """Into the index, with the places of answers: they are read back, from memory as a rule."""
        start, self._end_bytes = self._end_bytes, end_bytes
        places = [Place(self._day, 0, 0)] * len(lines)
        if any(isinstance(event, RequestAnswered) for line in lines for event in line.events):
            places = self._journal.places(self._day, start, end_bytes)
        for line, place in zip(lines, places, strict=True):
            for event in line.events:
                self._journal.index.apply(event, place)
