"""PURE: the next step of a prompt on its way into an agent's terminal.

Knows the prompt as it was last recorded, what the screen shows, who types there and what the agent
reports, each with its time in seconds of the monotonic clock. Promises that nothing is typed or
submitted into a question or a person's typing, that it is submitted only while the screen shows it,
and typed again only when certainly nothing of it was shown. The waiting has an end, and then there
is evidence. Clocks, screens, the journal and the terminal are left to who has them.
"""

from math import inf

from msgspec import Struct
from msgspec.structs import replace

from actors.decisions.patterns import question
from actors.decisions.shown_text import (
    is_before_cursor,
    is_part_of,
    last_lines,
    lines_below,
    standing,
)
from actors.messages import deliveries as d
from storage.records.delivery import Prompt

NOT_ACCEPTED = "prompt-not-accepted"
UNKNOWN = "outcome-unknown"
ASKING_LINES = 12
"""So many lines with text, at the end of the screen, are searched for a question."""


class DeliveryTimes(Struct, frozen=True, kw_only=True):
    """In seconds. It waits `ready_seconds` for the agent to be ready, `silent_seconds` for a word
    of one that has written nothing; `settle_seconds` without output the screen is settled, and
    while it is not, it is looked at every `look_seconds`. What was typed is shown within
    `shown_seconds`. Without a reaction within `react_seconds` the key is pressed again. A report
    of an agent that makes them is awaited for `report_seconds`. A terminal host that says nothing
    of an input is asked every `ask_seconds`.
    """

    ready_seconds: float = 120.0
    silent_seconds: float = 2.0
    settle_seconds: float = 0.4
    look_seconds: float = 1.0
    shown_seconds: float = 4.0
    react_seconds: float = 4.0
    report_seconds: float = 10.0
    ask_seconds: float = 3.0


class Rules(Struct, frozen=True, kw_only=True):
    """How prompts reach one program. `asking`: patterns of its questions; `taking`: of what it
    shows below all that it asks no more, as its input line; `placeholders`: what it shows in place
    of a paste; `reports`: whether it tells of what it accepted.
    """

    times: DeliveryTimes = DeliveryTimes()
    asking: tuple[str, ...] = ()
    taking: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    reports: bool = False
    attempts: int = 3
    presses: int = 3


class Glance(Struct, frozen=True, kw_only=True):
    """The screen at a moment, with all output up to `offset` on it, and its cursor, from 0.

    `takes_paste`: the program has switched bracketed paste on.
    """

    at: float
    offset: int
    lines: tuple[str, ...]
    row: int
    col: int
    takes_paste: bool


class Course(Struct, frozen=True, kw_only=True):
    """A prompt under way. `began`: when its state was known here; `sent_at`: when the terminal host
    took the input of that state; `asked_at`: when it was last asked whether it did. `end`,
    `wrote_at`: of the program's output. `before`: the screen that it was typed upon. `held`: who
    types there; `asked`: what the agent says that it asks; `reported`: what it says that it
    accepted. `left`: in how many looks it had left its place.
    """

    prompt: Prompt
    began: float
    sent_at: float | None = None
    asked_at: float
    end: int = 0
    wrote_at: float
    glance: Glance | None = None
    before: tuple[str, ...] | None = None
    held: str = ""
    asked: str = ""
    reported: str = ""
    left: int = 0


class LookNow(Struct, frozen=True):
    """Look at the screen, and tell the course."""


class AskHost(Struct, frozen=True):
    """Ask whether it took the input, without typing it, and tell the course by `asked`."""


class WaitUntil(Struct, frozen=True):
    """Nothing is to be done before, unless something is seen."""

    at: float


Action = LookNow | AskHost | WaitUntil | d.Step


def begin(prompt: Prompt, at: float, *, end: int = 0, held: str = "") -> Course:
    """The first that is known of a prompt here; `end` as far as output is known of.

    Whether input of before was typed, the terminal host is asked: by now the program may ask
    something, and what was not typed then would be the answer.
    """
    return Course(prompt=prompt, began=at, asked_at=-inf, wrote_at=at, end=end, held=held)


def recorded(course: Course, prompt: Prompt, at: float) -> Course:
    """A step of it was recorded; nothing new if it is handed over as it is known already."""
    if prompt == course.prompt:
        return course
    is_typed_anew = prompt.delivery.state == "typing" and prompt.number != course.prompt.number
    return replace(
        course,
        prompt=prompt,
        began=at,
        sent_at=None,
        asked_at=at,
        left=0,
        before=course.glance.lines if is_typed_anew and course.glance else course.before,
    )


def asked(course: Course, at: float) -> Course:
    return replace(course, asked_at=at)


def wrote(course: Course, end: int, at: float) -> Course:
    return replace(course, end=end, wrote_at=at) if end > course.end else course


def looked(course: Course, glance: Glance, rules: Rules) -> Course:
    if glance.offset > course.end:  # of which was not told yet
        course = replace(course, end=glance.offset, wrote_at=glance.at)
    course = replace(course, glance=glance)
    is_left = _has_left(course, glance, rules)
    return replace(course, left=course.left + 1 if is_left else 0)


def next_action(course: Course, at: float, rules: Rules) -> Action:
    """What to do now."""
    state = course.prompt.delivery.state
    if course.reported and state != "queued":
        return d.EndIt("accepted", f"the agent reported it: {course.reported}")
    is_done = state == "submitted" or (state == "typing" and course.sent_at is not None)
    is_late = at >= course.began + rules.times.ready_seconds
    if is_done and is_late and not _is_fresh(course, course.began):
        return _failed(course, f"it is {state}, and the screen could not be seen since", UNKNOWN)
    match state:
        case "queued":
            return _when_queued(course, at, rules)
        case "typing":
            return _when_typing(course, at, rules)
        case "typed":
            return _when_typed(course, at, rules)
        case "submitting":
            return d.KeyPressed() if course.sent_at is not None else _await_host(course, at, rules)
        case _:
            return _when_submitted(course, at, rules)


def refused(course: Course, code: str, message: str) -> d.Step:
    """What follows when the terminal host did not take its input."""
    state = course.prompt.delivery.state
    if code in {"input-held", "number-passed"} and state in {"typing", "submitting"}:
        return d.PutItBack("queued" if state == "typing" else "typed", message)
    if code != "input-full":
        return d.EndIt("failed", message, UNKNOWN)
    is_typed = state == "submitting"
    text = "it stands in the input line, not submitted" if is_typed else "nothing was typed"
    return d.EndIt("failed", f"{text}: {message}", NOT_ACCEPTED)


def not_typed(course: Course) -> d.Step:
    """What follows when the host was asked, and says that it took nothing; nor will it any more."""
    was_typing = course.prompt.delivery.state == "typing"
    return d.PutItBack("queued" if was_typing else "typed", "greenroom ended before it was typed")


def needs_paste(text: str) -> bool:
    """Typed as it is, a line end would submit and a tab complete."""
    return any(character in text for character in "\n\t")


def problem_of(text: str) -> str | None:
    """Why a text cannot be typed; None if it can.

    No control character but line ends and tabs: an escape, an interrupt or the end of a paste
    within a prompt would be obeyed by the program or its terminal.
    """
    if not text.strip():
        return "the prompt is blank"
    for at, character in enumerate(text):
        code = ord(character)
        is_control = code < 0x20 or 0x7F <= code < 0xA0
        if (is_control and character not in "\n\t") or 0xD800 <= code < 0xE000:
            return (
                f"the prompt has the control character U+{code:04X} at position {at};"
                " leave it out, or put the text into a file and ask the agent to read that"
            )
    return None


def _when_queued(course: Course, at: float, rules: Rules) -> Action:
    times, text = rules.times, course.prompt.text
    late = course.began + times.ready_seconds
    if at >= late:
        why = _why_not(course, rules) or "the agent did not come to rest"
        return _failed(course, f"nothing was typed: {why}")
    ready_at = course.wrote_at + (times.settle_seconds if course.end else times.silent_seconds)
    if course.held or at < ready_at:
        return WaitUntil(late if course.held else min(ready_at, late))
    glance = course.glance
    if glance is None or not _is_fresh(course, course.began):
        return LookNow()
    if _question(course, rules):
        return WaitUntil(late)
    if needs_paste(text) and not glance.takes_paste:
        patience = course.began + times.shown_seconds
        if at < patience:
            return WaitUntil(patience)
        return _failed(
            course,
            "nothing was typed: the program takes no pasted text now, and a prompt of several"
            " lines or with tabs would be submitted at its first line; send one line",
        )
    seen = standing(text, glance.lines, rules.placeholders)
    return d.TypeIt(glance.takes_paste, seen)


def _when_typing(course: Course, at: float, rules: Rules) -> Action:
    if course.sent_at is None:
        return _await_host(course, at, rules)
    times, prompt, glance = rules.times, course.prompt, course.glance
    is_fresh = _is_fresh(course, course.sent_at)
    if (
        is_fresh
        and glance
        and standing(prompt.text, glance.lines, rules.placeholders) > prompt.mark
    ):
        return _stands(course, glance, rules)
    late = course.sent_at + times.shown_seconds
    if not is_fresh:
        look_at = min(_look_at(course, course.sent_at, times), late)
        return LookNow() if at >= look_at else WaitUntil(look_at)
    if at < late:
        return WaitUntil(late)
    may_type = not (course.held or _question(course, rules) or "\n" in prompt.text)
    is_untouched = glance is not None and glance.lines == course.before
    if is_untouched and may_type and prompt.delivery.attempts < rules.attempts:
        return d.TypeIt(glance.takes_paste if glance else False, prompt.mark)
    text = "it was typed, and the screen did not show it; it was not submitted"
    return _failed(course, text, NOT_ACCEPTED if course.before is not None else UNKNOWN)


def _stands(course: Course, glance: Glance, rules: Rules) -> d.Step:
    text = course.prompt.text
    if is_before_cursor(text, glance.lines, glance.row, glance.col):
        return d.ItStands("the screen shows it, with the cursor behind it", -1)
    below = lines_below(text, glance.lines, rules.placeholders)
    return d.ItStands("the screen shows it", below or 0)


def _when_typed(course: Course, at: float, rules: Rules) -> Action:
    times = rules.times
    late = course.began + times.ready_seconds
    if at >= late:
        why = _why_not(course, rules) or "the agent did not come to rest"
        return _failed(course, f"it stands in the input line, not submitted: {why}")
    if course.held:
        return WaitUntil(late)
    glance = course.glance
    if glance is None or not _is_fresh(course, 0.0):
        look_at = min(_look_at(course, course.began, times), late)
        return LookNow() if at >= look_at else WaitUntil(look_at)
    if _question(course, rules):
        return WaitUntil(late)
    if not _has_left(course, glance, rules):
        return d.SubmitIt()
    patience = course.began + times.shown_seconds
    if at < patience:
        return WaitUntil(patience)
    text = "it was typed, and is gone before it was submitted: somebody may have sent or erased it"
    return _failed(course, text, UNKNOWN)


def _when_submitted(course: Course, at: float, rules: Rules) -> Action:
    times, glance = rules.times, course.glance
    if not _is_fresh(course, course.began):
        look_at = _look_at(course, course.began, times)
        return LookNow() if at >= look_at else WaitUntil(look_at)
    assert glance is not None
    is_settled = at >= course.wrote_at + times.settle_seconds
    if course.left == 1 and not is_settled:  # perhaps it is just drawn anew
        look_at = glance.at + times.settle_seconds
        return LookNow() if at >= look_at else WaitUntil(look_at)
    late = course.began + times.ready_seconds
    if course.left and _is_hidden(course, glance, rules):
        text = "it was submitted, and a question hides whether it still stands in the input line"
        return WaitUntil(late) if at < late else _failed(course, text, UNKNOWN)
    if course.left:
        report_by = course.began + times.report_seconds
        if rules.reports and at < report_by:
            return WaitUntil(report_by)
        told = "; it reported nothing" if rules.reports else ""
        shown = last_lines(glance.lines)
        return d.EndIt("accepted", f"it left the input line{told}. The screen shows:\n{shown}")
    again_at = course.began + times.react_seconds
    if at < again_at:
        return WaitUntil(again_at)
    why = _why_not(course, rules)
    if why and at < late:
        return WaitUntil(late)
    if not why and course.prompt.delivery.presses < rules.presses:
        return d.SubmitIt()
    text = "it was submitted, and still stands in the input line"
    return _failed(course, f"{text}: {why}" if why else text)


def _await_host(course: Course, at: float, rules: Rules) -> Action:
    late = course.began + rules.times.ready_seconds
    ask_at = course.asked_at + rules.times.ask_seconds
    if at < late:
        return AskHost() if at >= ask_at else WaitUntil(min(ask_at, late))
    return _failed(course, "the terminal host did not say whether it was typed", UNKNOWN)


def _is_fresh(course: Course, since: float) -> bool:
    """Whether the last look shows all that was written, and was taken since then."""
    glance = course.glance
    if glance is None or glance.at < since:
        return False
    return glance.offset >= course.end or glance.at > course.wrote_at


def _look_at(course: Course, since: float, times: DeliveryTimes) -> float:
    """When the screen is settled, or was not looked at for long."""
    last = max(since, course.glance.at if course.glance else since)
    return min(max(course.wrote_at, since) + times.settle_seconds, last + times.look_seconds)


def _has_left(course: Course, glance: Glance, rules: Rules) -> bool:
    """Whether the prompt, which stood in the input line, does so no more."""
    prompt = course.prompt
    if prompt.mark < 0:
        return not is_before_cursor(prompt.text, glance.lines, glance.row, glance.col)
    below = lines_below(prompt.text, glance.lines, rules.placeholders)
    return below is None or below > prompt.mark


def _is_hidden(course: Course, glance: Glance, rules: Rules) -> bool:
    """Whether a question is shown, and the prompt neither above it nor anywhere else."""
    is_shown = standing(course.prompt.text, glance.lines, rules.placeholders)
    return not is_shown and bool(_question(course, rules))


def _question(course: Course, rules: Rules) -> str:
    """What the agent asks, by its own word or on its screen; words that were typed are none."""
    if course.asked or course.glance is None:
        return course.asked
    shown = [line for line in course.glance.lines if line.strip()][-ASKING_LINES:]
    found = question(rules.asking, rules.taking, shown)
    is_typed = course.prompt.delivery.state != "queued"
    is_own = is_typed and found is not None and is_part_of(found, course.prompt.text)
    return "" if found is None or is_own else found


def _why_not(course: Course, rules: Rules) -> str:
    """Why nothing may be typed now."""
    if course.held:
        return course.held
    asked = _question(course, rules)
    return f"the agent asks: {asked.strip()}" if asked else ""


def _failed(course: Course, text: str, code: str = NOT_ACCEPTED) -> d.EndIt:
    shown = last_lines(course.glance.lines) if course.glance else ""
    return d.EndIt("failed", f"{text}. The screen shows:\n{shown}" if shown else text, code)
