"""The end of a number of processes: TERM, two seconds, KILL, and what became of each.

A process that only shows up meanwhile, because it was just forked, gets what the others get by
then. A pidfd is held and the start time compared before each signal.
"""

import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import structs
from msgspec.structs import replace

from actors.decisions.left_over import Identity, identity
from actors.messages.orphans import Judged, Kind
from actors.orphans.snapshot import name_of
from actors.ports import Clock
from actors.process_table import send_signal
from storage.records.process import EndedProcess

if TYPE_CHECKING:
    from collections.abc import Callable

TERM_SECONDS = 2.0
GIVE_UP_SECONDS = 3.0
"""After the first KILL: what it has not ended cannot be, it hangs in the kernel or is another's."""

ALL_KINDS: frozenset[Kind] = frozenset({"left", "listed", "unclaimed"})


class Batch:
    """`kinds`: which are to end; `answers`: who hears of the outcome."""

    def __init__(self, clock: Clock) -> None:
        self.kinds: frozenset[Kind] = frozenset()
        self.answers: list[Callable[[Any], object]] = []
        self._clock = clock
        self._began: float | None = None
        self._forced: float | None = None
        self._signalled: dict[Identity, tuple[str, EndedProcess]] = {}

    def advance(self, judged: list[Judged]) -> bool:
        """Signal those that are there; False when none is, or the time has run out."""
        targets = self._targets(judged)
        now = self._clock.monotonic()
        began = self._began = now if self._began is None else self._began
        if not targets or (self._forced is not None and now - self._forced >= GIVE_UP_SECONDS):
            return False
        is_forced = now - began >= TERM_SECONDS
        if is_forced and self._forced is None:  # however late we come to it
            self._forced = now
        for each in targets:
            if is_forced or identity(each.process) not in self._signalled:
                self._signal(each, signal.SIGKILL if is_forced else signal.SIGTERM)
        return True

    def outcome(self, judged: list[Judged]) -> dict[str, tuple[EndedProcess, ...]]:
        """By worker, whom it signalled; `judged` are those that are there at the end."""
        left = {identity(each.process) for each in self._targets(judged)}
        found: dict[str, list[EndedProcess]] = {}
        for who, (worker, process) in sorted(self._signalled.items()):
            found.setdefault(worker, []).append(replace(process, gone=who not in left))
        return {worker: tuple(processes) for worker, processes in found.items()}

    def tell(self, answer: Any) -> None:
        """Each is told once."""
        answers, self.answers = self.answers, []
        for each in answers:
            each(answer)

    def _targets(self, judged: list[Judged]) -> list[Judged]:
        return [each for each in judged if each.kind in self.kinds]

    def _signal(self, judged: Judged, number: signal.Signals) -> None:
        process = judged.process
        ended = EndedProcess(
            pid=process.pid,
            start_ticks=process.start_ticks,
            name=name_of(process.pid),
            signal=number,
            why=judged.why,
        )
        is_sent = True
        with suppress(PermissionError):  # another user's: it stays, and the outcome says so
            is_sent = send_signal(process.pid, process.start_ticks, number)
            if number is signal.SIGTERM:  # one that is stopped heeds it only when it goes on
                send_signal(process.pid, process.start_ticks, signal.SIGCONT)
        if is_sent:
            self._signalled[identity(process)] = (judged.worker, ended)


def recorded(worker: str, process: EndedProcess) -> dict[str, Any]:
    """As `status` and the answer show it."""
    return {"worker": worker or None, **structs.asdict(process)}
