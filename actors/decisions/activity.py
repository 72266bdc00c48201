"""PURE: what a program in a terminal is doing, from what is seen of it and when.

Knows output, input, looks at the screen and reports of hooks; each comes with its time, in seconds
of the monotonic clock, in order. Promises a state with its source, its beginning and its evidence.
When to look at the screen and when to ask again it says itself (`wants_look`, `next_at`); clocks,
screens and hooks are left to who has them.
"""

from msgspec import Struct
from msgspec.structs import replace

from actors.decisions.patterns import first_match, question
from storage.records.worker import ActivitySource, ActivityState
from storage.records.workspace import ActivityTimes

TYPED_LATE_SECONDS = 1.0
"""Typing is heard of with the output after it: so late at most, and a report may overtake it."""


class ActivityPatterns(Struct, frozen=True, kw_only=True):
    """Regular expressions, each for one line (see `patterns`), for the last `lines` with text.

    `input_line`: of the line where it takes what is typed; what stands above it, or above a line of
    `idle`, is no question that it asks now.
    """

    asking: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    input_line: tuple[str, ...] = ()
    lines: int = 12


class Watch(Struct, frozen=True, kw_only=True):
    """How a program is watched; `times` may change while it runs."""

    times: ActivityTimes = ActivityTimes()
    patterns: ActivityPatterns = ActivityPatterns()


class Wrote(Struct, frozen=True):
    """Output from offset `start` to `end`; what was told before is not counted again."""

    at: float
    start: int
    end: int


class Typed(Struct, frozen=True):
    """By a person or for one."""

    at: float


class Looked(Struct, frozen=True):
    """The screen, with all output up to `offset` on it."""

    at: float
    offset: int
    text: str


class Reported(Struct, frozen=True):
    """The program told of itself, by a hook or a protocol."""

    at: float
    state: ActivityState
    source: ActivitySource
    text: str = ""


class Waited(Struct, frozen=True):
    """Nothing happened until now."""

    at: float


Observation = Wrote | Typed | Looked | Reported | Waited


class Seen(Struct, frozen=True, kw_only=True):
    """`state` since `since`; `text` is the line or report that says so, if one does."""

    state: ActivityState
    source: ActivitySource
    since: float
    text: str = ""


class Watched(Struct, frozen=True, kw_only=True):
    """What is remembered of a program; `seen` is what it is doing.

    `unseen_at`: when the first was written that no look has shown yet, up to `looked_offset`.
    `recent`: times and sizes of what counts as work, of the last `rate_seconds`. `asked`: the
    question found at the last look; `answered`: somebody typed since. `reported`: the last report
    that still holds.
    """

    seen: Seen
    end: int = 0
    wrote_at: float
    worked_at: float
    recent: tuple[tuple[float, int], ...] = ()
    echo_until: float = 0.0
    unseen_at: float
    looked_offset: int = 0
    asked: str = ""
    answered: bool = False
    reported: Reported | None = None


def begin(at: float, offset: int = 0) -> Watched:
    """A program of which nothing is known yet; what it wrote before `offset` is history."""
    return Watched(
        seen=Seen(state="unknown", source="screen", since=at),
        end=offset,
        wrote_at=at,
        worked_at=at,
        unseen_at=at,
        looked_offset=-1,
    )


def observe(watched: Watched, seen: Observation, watch: Watch) -> Watched:
    """Take in one observation; its time is not before that of the one before."""
    times = watch.times
    match seen:
        case Wrote():
            watched = _wrote(watched, seen, times)
        case Typed():
            watched = _typed(watched, seen, watch)
        case Looked():
            return _looked(watched, seen, watch)
        case Reported():
            return _reported(watched, seen)
        case Waited():
            pass
    return _by_output(watched, seen.at, times)


def wants_look(watched: Watched, at: float, watch: Watch) -> bool:
    """Whether the screen would tell something now that is not known."""
    patterns = watch.patterns
    if not (patterns.asking or patterns.idle) or watched.looked_offset >= watched.end:
        return False
    return at >= _look_at(watched, watch)


def next_at(watched: Watched, watch: Watch) -> float | None:
    """When to look, or to observe `Waited`, unless something happens before; None: no need."""
    times, patterns = watch.times, watch.patterns
    due = []
    if (patterns.asking or patterns.idle) and watched.looked_offset < watched.end:
        due.append(_look_at(watched, watch))
    if watched.reported is not None and watched.reported.state == "active":
        due.append(_believed_until(watched, watched.reported, times))
    elif watched.seen.state in {"active", "unknown"} and not _is_held(watched):
        due.append(watched.worked_at + times.silence_seconds)
    return min(due, default=None)


def _look_at(watched: Watched, watch: Watch) -> float:
    """An answered question is gone soon, and what follows may write without a pause."""
    times = watch.times
    settled = watched.wrote_at + times.settle_seconds
    if not watch.patterns.asking:
        return settled
    is_answered = watched.answered and watched.seen.state == "asking"
    patience = times.answered_seconds if is_answered else times.look_seconds
    return min(settled, watched.unseen_at + patience)


def _believed_until(watched: Watched, reported: Reported, times: ActivityTimes) -> float:
    """Who types at a program that works may have ended that, of which it does not always tell.

    The key that made it work comes shortly before the report of it, or its echo shortly after.
    """
    typed_at = watched.echo_until - times.echo_seconds
    is_disturbed = typed_at > reported.at + times.echo_seconds
    seconds = times.silence_seconds if is_disturbed else times.report_seconds
    return max(watched.wrote_at, reported.at) + seconds


def _wrote(watched: Watched, wrote: Wrote, times: ActivityTimes) -> Watched:
    size = wrote.end - max(wrote.start, watched.end)
    if size <= 0:
        return watched
    unseen_at = wrote.at if watched.looked_offset >= watched.end else watched.unseen_at
    watched = replace(watched, end=wrote.end, wrote_at=wrote.at, unseen_at=unseen_at)
    if wrote.at < watched.echo_until:
        return watched
    begun = wrote.at - times.rate_seconds
    recent = [each for each in watched.recent if each[0] > begun]
    if recent and wrote.at - recent[-1][0] < times.rate_seconds / 40:
        recent[-1] = (recent[-1][0], recent[-1][1] + size)  # keeps it short
    else:
        recent.append((wrote.at, size))
    return replace(watched, recent=tuple(recent), worked_at=wrote.at)


def _typed(watched: Watched, typed: Typed, watch: Watch) -> Watched:
    """Whoever typed knows more than a report that it waits for somebody, unless that is new."""
    reported = watched.reported
    is_new = reported is not None and typed.at < reported.at + TYPED_LATE_SECONDS
    if reported is not None and not is_new and reported.state in {"asking", "idle"}:
        watched = replace(watched, reported=None)
        if reported.state == "asking" and not watch.patterns.asking:
            watched = _works(watched, typed.at)
    return replace(watched, echo_until=typed.at + watch.times.echo_seconds, answered=True)


def _reported(watched: Watched, seen: Reported) -> Watched:
    """One without words says the same as was known before, if that is what is known."""
    is_same = (watched.seen.state, watched.seen.source) == (seen.state, seen.source)
    known = watched.seen.text if is_same else watched.asked if seen.state == "asking" else ""
    watched = replace(watched, reported=seen, asked="", answered=False)
    return _now(watched, seen.state, seen.source, seen.at, seen.text or known)


def _by_output(watched: Watched, at: float, times: ActivityTimes) -> Watched:
    reported = watched.reported
    is_active = reported is not None and reported.state == "active"
    if reported and is_active and at >= _believed_until(watched, reported, times):
        watched = replace(watched, reported=None)
    if _is_held(watched):
        return watched
    if at >= watched.worked_at + times.silence_seconds:
        is_new = watched.seen.state in {"active", "unknown"}
        return _now(watched, "idle", "screen", at) if is_new else watched
    recent = [each for each in watched.recent if each[0] > at - times.rate_seconds]
    is_much = sum(size for _, size in recent) >= times.active_bytes
    if is_much and recent[-1][0] >= recent[0][0] + times.sustained_seconds:
        return _now(watched, "active", "screen", recent[0][0])
    return watched


def _is_held(watched: Watched) -> bool:
    """Whether output says nothing: a report holds, or a question that was not taken away."""
    return watched.reported is not None or watched.seen.state == "asking"


def _looked(watched: Watched, looked: Looked, watch: Watch) -> Watched:
    patterns = watch.patterns
    lines = [line for line in looked.text.splitlines() if line.strip()][-patterns.lines :]
    others = (*patterns.idle, *patterns.input_line)
    asked = (question(patterns.asking, others, lines) or "").strip()
    idle = first_match(patterns.idle, lines)
    is_settled = looked.at >= watched.wrote_at + watch.times.settle_seconds
    before = watched
    watched = replace(
        watched, unseen_at=looked.at, looked_offset=looked.offset, asked=asked, answered=False
    )
    if asked:
        is_sure = is_settled or asked == before.asked
        return _asks(watched, looked.at, asked) if is_sure else watched
    if before.seen.state == "asking" and (is_settled or before.answered or not before.asked):
        watched = _question_gone(watched, looked.at, is_settled=is_settled)
    if idle is not None and is_settled and not _is_held(watched):
        return _now(watched, "idle", "screen", looked.at, idle.strip())
    return watched


def _asks(watched: Watched, at: float, asked: str) -> Watched:
    """What the program said of it says more than its screen."""
    reported = watched.reported
    if reported is None or reported.state != "asking":
        return _now(watched, "asking", "screen", at, asked)
    return _now(watched, "asking", reported.source, reported.at, watched.seen.text or asked)


def _question_gone(watched: Watched, at: float, *, is_settled: bool) -> Watched:
    reported = watched.reported
    if reported is not None:
        return _now(watched, reported.state, reported.source, at, reported.text)
    return _now(watched, "idle", "screen", at) if is_settled else _works(watched, at)


def _works(watched: Watched, at: float) -> Watched:
    """As far as one can know; silence counts from here."""
    return _now(replace(watched, worked_at=at), "active", "screen", at)


def _now(
    watched: Watched, state: ActivityState, source: ActivitySource, at: float, text: str = ""
) -> Watched:
    """The same state goes on from when it began; what was written before another says nothing."""
    seen = watched.seen
    if (seen.state, seen.source) == (state, source):
        return watched if seen.text == text else replace(watched, seen=replace(seen, text=text))
    new = Seen(state=state, source=source, since=at, text=text)
    return replace(watched, seen=new, recent=watched.recent if state == "active" else ())
