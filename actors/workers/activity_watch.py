"""Watches what one program in a terminal is doing, and lets it be known; nothing is journaled.

Feeds `decisions.activity` with what the terminal host tells and, where there are patterns to look
for, with the screen. Used in the thread of the worker's actor, whom it wakes when it is time.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from actors.decisions import activity as a
from actors.messages.agent_reports import AgentReport, ReportKind
from actors.messages.terminals import TerminalWrote
from actors.ports import Cancel, Clock
from storage.records.worker import Activity, ActivityState, AgentWorker, TerminalWorker
from storage.records.workspace import ActivityTimes

if TYPE_CHECKING:
    from actors.terminals.screen import Look

Publish = Callable[[Activity | None], object]
MakeLook = Callable[[], "Look"]

STATES: dict[ReportKind, ActivityState] = {
    "prompt-accepted": "active",
    "working": "active",
    "asking": "asking",
    "idle": "idle",
}
"""What a program is doing that reports this; the other kinds say nothing of it."""


FOLLOW_SECONDS = 1.0


class TimeToWatch(NamedTuple):
    """To the actor itself: call `due`."""


class ScreenSeen(NamedTuple):
    """To the actor itself: call `looked`. None when the output could not be read: a blank."""

    look: "Look | None"


class ActivityWatch:
    """From `begin` on; `tell_self` hands the actor a message of the two above.

    `times` are asked for every `FOLLOW_SECONDS` at most while something happens.
    """

    def __init__(
        self,
        clock: Clock,
        tell_self: Callable[[object], object],
        publish: Publish,
        times: Callable[[], ActivityTimes] = ActivityTimes,
    ) -> None:
        self._clock = clock
        self._tell_self = tell_self
        self._publish = publish
        self._times = times
        self._followed_at = 0.0
        self._watch = a.Watch()
        self._watched: a.Watched | None = None
        self._typed_bytes = 0
        self._is_looking = False
        self._told: a.Seen | None = None
        self._due_at = 0.0
        self._cancel: Cancel | None = None
        self._look: Callable[[], None] | None = None

    def begin(self, worker: TerminalWorker, pool: Executor, make_look: MakeLook) -> None:
        """Its terminal is there. Nothing is known of it yet."""
        self._watch = a.Watch(times=self._times(), patterns=patterns_of(worker))
        self._followed_at = self._clock.monotonic()
        self._watched = a.begin(self._clock.monotonic())
        self._look = lambda: _submit(pool, make_look, self._tell_self)
        self._after_observing()

    def wrote(self, message: TerminalWrote) -> None:
        """Whatever was typed came before what it brought about."""
        now = self._clock.monotonic()
        if message.typed_bytes > self._typed_bytes:
            self._observe(a.Typed(now))
        self._typed_bytes = message.typed_bytes
        self._observe(a.Wrote(now, message.start, message.end))
        self._after_observing()

    def reported(self, reports: Sequence[AgentReport]) -> None:
        """What the program says of itself, at once or late: it has been so since it was said."""
        now, today = self._clock.monotonic(), self._clock.now()
        for report in reports:
            state = STATES.get(report.kind)
            if state is not None:
                at = now - max((today - report.at).total_seconds(), 0.0)
                self._observe(a.Reported(at, state, "hook", report.text))
        self._after_observing()

    def due(self) -> None:
        watched, now = self._watched, self._clock.monotonic()
        self._cancel = None
        if watched is None:
            return
        if a.wants_look(watched, now, self._watch) and self._look is not None:
            if not self._is_looking:
                self._is_looking = True
                self._look()
            return
        self._observe(a.Waited(now))
        self._after_observing()

    def looked(self, seen: ScreenSeen) -> None:
        self._is_looking = False
        if self._watched is None:
            return
        text = "\n".join(seen.look.lines) if seen.look else ""
        offset = seen.look.offset if seen.look else self._watched.end
        self._observe(a.Looked(self._clock.monotonic(), offset, text))
        self._after_observing()

    def end(self) -> None:
        if self._cancel:
            self._cancel()
        self._watched = self._cancel = None
        self._publish(None)

    def _follow_settings(self) -> None:
        now = self._clock.monotonic()
        if now - self._followed_at >= FOLLOW_SECONDS:
            self._followed_at = now
            self._watch = replace(self._watch, times=self._times())

    def _observe(self, seen: a.Observation) -> None:
        self._follow_settings()
        if self._watched is not None:
            self._watched = a.observe(self._watched, seen, self._watch)

    def _after_observing(self) -> None:
        watched = self._watched
        if watched is None:
            return
        now = self._clock.monotonic()
        if watched.seen != self._told:
            self._told = seen = watched.seen
            since = self._clock.now() - timedelta(seconds=max(now - seen.since, 0.0))
            told = Activity(state=seen.state, source=seen.source, since=since, text=seen.text)
            self._publish(told)
        due = a.next_at(watched, self._watch)
        if due is not None and not self._is_looking:
            self._wake_at(due, now)

    def _wake_at(self, due: float, now: float) -> None:
        """By then at the latest; being woken too early costs little."""
        if self._cancel is not None:
            if self._due_at <= due:
                return
            self._cancel()
        self._due_at = due
        wait = max(due - now, 0.0)
        self._cancel = self._clock.after(wait, lambda: self._tell_self(TimeToWatch()))


def patterns_of(worker: TerminalWorker) -> a.ActivityPatterns:
    """The texts of an agent's definition; a terminal has none, and its screen is not looked at."""
    definition = worker.definition if isinstance(worker, AgentWorker) else None
    if definition is None:
        return a.ActivityPatterns()
    return a.ActivityPatterns(
        asking=tuple(map(re.escape, definition.asking)),
        idle=tuple(map(re.escape, definition.idle)),
        input_line=tuple(map(re.escape, definition.input_line)),
    )


def _submit(pool: Executor, make_look: MakeLook, tell_self: Callable[[object], object]) -> None:
    def look() -> None:
        seen = None
        with suppress(OSError):
            seen = make_look()
        tell_self(ScreenSeen(seen))

    pool.submit(look)
