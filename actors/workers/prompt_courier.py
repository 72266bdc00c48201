"""Brings prompts into one agent's terminal: feeds `decisions.delivery` with what is seen, and does
what it says.

Each step is told to the session first, which records it and hands the prompt back; only then is
anything typed. So the same happens after a crash as without one. Used in the thread of the
worker's actor, whom it wakes when it is time.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from actors.decisions import delivery as dv
from actors.decisions.activity import ActivityPatterns
from actors.decisions.shown_text import is_told
from actors.messages import deliveries as d
from actors.messages.agent_reports import AgentReport
from actors.messages.terminals import HOST_SILENT
from actors.messages.work import TypeInput
from actors.ports import Cancel, Clock
from actors.terminals.paste_mode import PasteMode
from storage.records.agent import AgentDefinition
from storage.records.delivery import Prompt
from storage.records.worker import Activity

if TYPE_CHECKING:
    from actors.terminals.screen import Look

PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
CLOCK_SECONDS = 1.0
"""A report may be told so much before the prompt was typed: its time may have no fractions."""
_REPORTS_KEPT = 20
_log = logging.getLogger(__name__)
_ASIDE = 60
"""So many characters of a report stand for it."""


class TimeToDeliver(NamedTuple):
    """To the actor itself: call `due`."""


class Glanced(NamedTuple):
    """To the actor itself: call `glanced`. None when the output could not be read."""

    at: float
    look: "Look | None"
    takes_paste: bool


class Doors(NamedTuple):
    """What the courier reaches: the actor itself, the session, the terminal, what is known."""

    tell_self: Callable[[object], object]
    tell_step: Callable[[Prompt, d.Step], object]
    type_input: Callable[[TypeInput], object]
    activity: Callable[[], Activity | None]


class Window(NamedTuple):
    """How to look at the screen: `look` and the paste mode are asked in a thread of `pool`."""

    pool: Executor
    look: Callable[[], "Look"]
    takes_paste: Callable[[PasteMode], bool]


class PromptCourier:
    """From `begin` on; one prompt after the other."""

    def __init__(self, clock: Clock, times: dv.DeliveryTimes, doors: Doors) -> None:
        self._clock = clock
        self._times = times
        self._doors = doors
        self._definition: AgentDefinition | None = None
        self._rules = dv.Rules(times=times)
        self._window: Window | None = None
        self._paste = PasteMode()
        self._course: dv.Course | None = None
        self._reports: list[AgentReport] = []
        self._held = ""
        self._end = 0
        self._is_telling = False
        self._is_looking = False
        self._cancel: Cancel | None = None

    def begin(
        self, definition: AgentDefinition, patterns: ActivityPatterns, window: Window
    ) -> None:
        """Its terminal is there. What was under way is handed over again."""
        self._definition = definition
        self._rules = dv.Rules(
            times=self._times,
            asking=patterns.asking,
            taking=(*patterns.idle, *patterns.input_line),
            placeholders=definition.pasted,
            reports=definition.hooks == "claude-code",
        )
        self._window = window
        self._course = None
        self._is_looking = False

    def end(self) -> None:
        if self._cancel:
            self._cancel()
        self._course = self._cancel = self._window = None

    def take(self, prompt: Prompt) -> None:
        """Go on with it from the state that is recorded."""
        if self._window is None:
            return
        now, course = self._clock.monotonic(), self._course
        self._is_telling = False
        if course is None or course.prompt.id != prompt.id:
            self._course = dv.begin(prompt, now, end=self._end, held=self._held)
        else:
            self._course = dv.recorded(course, prompt, now)
            if prompt.number != course.prompt.number:
                self._type(prompt)
        self._find_report()
        self._go_on()

    def wrote(self, end: int) -> None:
        self._end = end
        if self._course is not None:
            self._course = dv.wrote(self._course, end, self._clock.monotonic())
            self._go_on()

    def writer_is(self, owner: str | None) -> None:
        """Who types there; None: nobody but greenroom."""
        self._held = f"{owner} types there" if owner else ""
        if self._course is not None:
            self._course = replace(self._course, held=self._held)
            self._go_on()

    def typed(self, number: int, *, is_nothing: bool = False) -> None:
        """The terminal host took this input, now or before; or, if `is_nothing`, the question
        whether it did, in its place.
        """
        course = self._course
        if course is None or course.prompt.number != number or course.sent_at is not None:
            return
        if is_nothing:
            self._tell(course, dv.not_typed(course))
            return
        self._course = replace(course, sent_at=self._clock.monotonic())
        self._go_on()

    def refused(self, number: int, code: str, message: str) -> None:
        """It did not."""
        course = self._course
        is_other = course is None or course.prompt.number != number
        if course is None or is_other or course.sent_at is not None or code == HOST_SILENT:
            return  # what a silent host makes of it shows when it speaks again
        if code == "input-held":
            self._held = message
            self._course = course = replace(course, held=message)
        self._tell(course, dv.refused(course, code, message))

    def reported(self, report: AgentReport) -> None:
        """The agent says something of itself."""
        if report.kind == "prompt-accepted":
            self._reports = [*self._reports, report][-_REPORTS_KEPT:]
            self._find_report()
        self._go_on()

    def due(self) -> None:
        self._cancel = None
        self._go_on()

    def glanced(self, seen: Glanced) -> None:
        self._is_looking = False
        course, look = self._course, seen.look
        if course is None:
            return
        if look is None:
            self._wake_at(self._clock.monotonic() + self._times.look_seconds)
            return
        glance = dv.Glance(
            at=seen.at,
            offset=look.offset,
            lines=look.lines,
            row=look.cursor.row,
            col=look.cursor.col,
            takes_paste=seen.takes_paste,
        )
        self._course = dv.looked(course, glance, self._rules)
        self._go_on()

    def _go_on(self) -> None:
        if self._course is None or self._is_telling:
            return
        activity = self._doors.activity()
        is_asking = activity and activity.state == "asking" and activity.source != "screen"
        asked = (activity.text or "a question") if activity and is_asking else ""
        self._course = course = replace(self._course, asked=asked)
        match dv.next_action(course, self._clock.monotonic(), self._rules):
            case dv.WaitUntil(at):
                self._wake_at(at)
            case dv.LookNow():
                self._look()
            case dv.AskHost():
                self._ask(course)
            case step:
                self._tell(course, step)

    def _tell(self, course: dv.Course, step: d.Step) -> None:
        """It goes on when the session has recorded it."""
        self._is_telling = True
        if isinstance(step, d.EndIt):
            self._course = None
            self._is_telling = False
        self._doors.tell_step(course.prompt, step)

    def _look(self) -> None:
        if not self._is_looking and self._window is not None:
            self._is_looking = True
            window, at = self._window, self._clock.monotonic()
            window.pool.submit(_glance, window, self._paste, at, self._doors.tell_self)

    def _wake_at(self, at: float) -> None:
        if self._cancel is not None:
            self._cancel()
        wait = max(at - self._clock.monotonic(), 0.0)
        self._cancel = self._clock.after(wait, lambda: self._doors.tell_self(TimeToDeliver()))

    def _type(self, prompt: Prompt) -> None:
        """The input of this number; the terminal host takes it once, also after a crash."""
        definition = self._definition
        if definition is None:
            return
        if prompt.delivery.state == "typing":
            keys = keys_of(prompt, definition)
        elif prompt.delivery.state == "submitting":
            keys = definition.submit
        else:
            return
        self._doors.type_input(TypeInput(number=prompt.number, data=keys.encode()))

    def _ask(self, course: dv.Course) -> None:
        """Typing nothing under its number: who took it says so, and who did not never will."""
        self._course = dv.asked(course, self._clock.monotonic())
        self._doors.type_input(TypeInput(number=course.prompt.number, data=b""))
        self._go_on()

    def _find_report(self) -> None:
        """A report that was told since the prompt was typed, of its text."""
        course = self._course
        if course is None or course.prompt.typed_at is None:
            return
        since = course.prompt.typed_at - timedelta(seconds=CLOCK_SECONDS)
        for report in self._reports:
            if report.at >= since and is_told(report.text, course.prompt.text):
                self._reports.remove(report)
                shown = report.text.strip()[:_ASIDE] or "a prompt"
                self._course = replace(course, reported=shown)
                return


def keys_of(prompt: Prompt, definition: AgentDefinition) -> str:
    """What is typed: as a paste where the program takes one, with carriage returns in it as from a
    keyboard. What stands in the line before is erased, or it would be submitted too.
    """
    if not prompt.pasted:
        return definition.clear + prompt.text
    text = prompt.text.replace("\n", "\r")
    return f"{definition.clear}{PASTE_BEGINS}{text}{PASTE_ENDS}"


def _glance(
    window: Window, paste: PasteMode, at: float, tell_self: Callable[[object], object]
) -> None:
    look, takes_paste = None, False
    try:
        takes_paste = window.takes_paste(paste)
        look = window.look()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at again
        _log.warning("a screen cannot be seen: %r", error)
    tell_self(Glanced(at, look, takes_paste))
