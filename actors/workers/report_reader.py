"""Hears what an agent program says of itself: prepares its hooks, and reads what they leave.

Used in the thread of the worker's actor; files are read in a thread for files, and whoever watches
them says when. Promises each report once and in order, as long as the actor lives, and that its
file stays until it was taken.
"""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

from actors.decisions.agent_hooks import HOOKS, Hooks, Places
from actors.messages.agent_reports import AgentReport, LookForReports
from actors.ports import Cancel, Clock
from storage.errors import StorageError
from storage.records.agent import AgentDefinition
from storage.records.worker import AgentWorker, TerminalWorker
from storage.report_spool import Dropped, ReportSpool

RESCAN_SECONDS = 5.0
"""Nobody may be watching, or a change may have been missed."""
LAST_LOOKS = 3

_log = logging.getLogger(__name__)


class ReportsFound(NamedTuple):
    """To the actor itself: call `found`."""

    dropped: list[Dropped]


class Heard(NamedTuple):
    """A report, and the name of its file."""

    report: AgentReport
    name: str


class ReportReader:
    """For one process of an agent with hooks, its files below `place`."""

    def __init__(
        self,
        definition: AgentDefinition,
        hooks: Hooks,
        place: Path,
        clock: Clock,
        pool: Executor,
        tell_self: Callable[[object], object],
    ) -> None:
        self._definition = definition
        self._hooks = hooks
        self._spool = ReportSpool(place)
        self._places = Places(str(self._spool.settings), str(self._spool.reports))
        self._clock = clock
        self._pool = pool
        self._tell_self = tell_self
        self._in_hand: set[str] = set()
        self._is_looking = False
        self._look_again = False
        self._cancel: Cancel | None = None

    @property
    def directory(self) -> Path:
        """Where the reports are left."""
        return self._spool.reports

    def prepare(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """The command line of a new process; what one before it left late is dropped.

        As it was where its files cannot be written: it runs without hooks.
        """
        try:
            self._spool.prepare(self._hooks.settings(self._places))
        except (StorageError, OSError) as error:
            _log.warning("an agent is started without hooks, %s: %s", self._spool.place, error)
            return command
        self._spool.clear()
        return self._hooks.started_with(self._places, command, self._definition)

    def look(self) -> None:
        """Read what is there; the actor is told by `ReportsFound`."""
        if self._is_looking:
            self._look_again = True
            return
        self._is_looking, self._look_again = True, False
        known, now = frozenset(self._in_hand), self._clock.now()
        self._pool.submit(lambda: self._tell_self(ReportsFound(self._spool.look(now, known))))
        self._rescan_later()

    def found(self, message: ReportsFound) -> list[Heard]:
        """What a look brought. More is looked for if something was, or may have come meanwhile."""
        self._is_looking = False
        heard = self._heard(message.dropped)
        if self._look_again or message.dropped:
            self.look()
        return heard

    def last(self) -> list[Heard]:
        """What is there at the end of the process, as far as `LAST_LOOKS` go: what it left behind
        may go on writing.
        """
        heard: list[Heard] = []
        for _ in range(LAST_LOOKS):
            dropped = self._spool.look(self._clock.now(), self._in_hand)
            heard += self._heard(dropped)
            if not dropped:
                break
        return heard

    def taken(self, names: Iterable[str]) -> None:
        """What these said has had its effect."""
        self._in_hand -= self._spool.remove(names)

    def stop(self) -> None:
        if self._cancel is not None:
            self._cancel()

    def _heard(self, dropped: list[Dropped]) -> list[Heard]:
        heard = []
        for one in dropped:
            if one.name in self._in_hand:
                continue
            self._in_hand.add(one.name)
            report = self._report(one)
            if report is None:
                self.taken([one.name])
            else:
                heard.append(Heard(report, one.name))
        return heard

    def _report(self, one: Dropped) -> AgentReport | None:
        try:
            return self._hooks.report(one.content, one.at)
        except ValueError as problem:
            _log.warning("a report of an agent says nothing, %s: %s", self._spool.place, problem)
            return None

    def _rescan_later(self) -> None:
        self.stop()
        self._cancel = self._clock.after(RESCAN_SECONDS, lambda: self._tell_self(LookForReports()))


def reader_of(
    worker: TerminalWorker,
    place: Path,
    clock: Clock,
    pool: Executor,
    tell_self: Callable[[object], object],
) -> ReportReader | None:
    """None for a program that does not tell of itself."""
    definition = worker.definition if isinstance(worker, AgentWorker) else None
    if definition is None or definition.hooks is None:
        return None
    return ReportReader(definition, HOOKS[definition.hooks], place, clock, pool, tell_self)
