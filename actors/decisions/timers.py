"""PURE: timers: messages that a session is given later, once each, as requests are.

A timer that is due fires in the same line of the journal as the request that it begins, so that a
crash comes before both or after both. What is paused or stopped is left alone until it runs; when
to ask again whether one is due is for the directory to say.
"""

from datetime import UTC, datetime, timedelta

from actors.decisions import prompts, workers
from actors.decisions.decision import Decision, Draft, Given, Ready, Verdict
from storage.codec import encode
from storage.records import event as e
from storage.records import request as r
from storage.records.session import Session
from storage.records.timer import LONGEST_BYTES, YEAR_SECONDS, Timer
from storage.records.worker import AgentWorker, ConversationWorker
from storage.state import SessionState

MOST_OPEN = 100


def next_due(session: Session) -> datetime | None:
    """When its next timer may fire; None if it has none, or does not run."""
    return session.timers[0].due if session.timers and session.desired == "run" else None


def set_timer(state: SessionState, command: r.SetTimer, given: Given) -> Verdict:
    """Answered with its id and its time, in UTC and whole milliseconds."""
    due = _due(command, given.now)
    refusal = due if isinstance(due, r.Refusal) else _cannot_set(state, command)
    if refusal:
        return refusal
    assert isinstance(due, datetime)
    timer = Timer(timer_id=given.new_id(), due=due, message=command.message, set_at=given.now)
    return Decision(events=(e.TimerSet(timer),), reply=told_set(timer))


def told_set(timer: Timer) -> Ready:
    return Ready(lambda _: {"timer_id": timer.timer_id, "due": timer.due})


def _due(command: r.SetTimer, now: datetime) -> datetime | r.Refusal:
    last = now + timedelta(seconds=YEAR_SECONDS)
    if (command.in_seconds is None) == (command.at is None):
        return _bad("say one of in_seconds and at: when the message is due")
    if command.in_seconds is not None:
        due = now + timedelta(seconds=command.in_seconds)
    elif command.at is None or not now <= command.at <= last:
        text = f"at is to lie ahead, by a year at most; it is {now:%Y-%m-%dT%H:%M:%SZ} now"
        return _bad(text, "$.at")
    else:
        due = command.at.astimezone(UTC)
    return due.replace(microsecond=due.microsecond // 1000 * 1000)


def _cannot_set(state: SessionState, command: r.SetTimer) -> r.Refusal | None:
    size = len(encode(command.message)) - len('""')
    if not command.message.strip():
        return _bad("the message is blank", "$.message")
    if size > LONGEST_BYTES:
        text = (
            f"the message has {size:,} bytes, and {LONGEST_BYTES:,} at most can wait for their"
            " time: name a file in it that holds the rest"
        )
        return r.Refusal(code="too-large", message=text, path="$.message")
    if len(state.record.timers) >= MOST_OPEN:
        text = f"{MOST_OPEN} timers are open in this session, which is the most; cancel some first"
        return r.Refusal(code="too-many-timers", message=text)
    return _nobody_to_tell(state, command)


def _nobody_to_tell(state: SessionState, command: r.SetTimer) -> r.Refusal | None:
    """Whether it runs is not asked before the time has come."""
    asked = workers.addressee(state, _request(state, command.message))
    if isinstance(asked, r.Refusal):
        return asked
    if isinstance(asked, AgentWorker):
        return prompts.cannot_type(prompts.plain(command.message), "$.message")
    if any(isinstance(worker, ConversationWorker) for worker in state.record.workers):
        return None
    text = (
        f"session {state.record.id} has nobody to give a message to: a timer is for a conversation,"
        " or for an agent where there is one alone"
    )
    return r.Refusal(code="no-conversation", message=text)


def _bad(text: str, path: str | None = None) -> r.Refusal:
    return r.Refusal(code="bad-request", message=text, path=path)


def _request(state: SessionState, message: str) -> r.Request:
    return r.Request(session=state.record.id, content=message, wait=False)


def cancel(state: SessionState, command: r.CancelTimer, _: Given) -> Verdict:
    """By its id, or the beginning of one."""
    open_ = state.record.timers
    found = [one for one in open_ if one.timer_id == command.timer_id]
    found = found or [one for one in open_ if one.timer_id.startswith(command.timer_id)]
    if len(found) == 1:
        timer_id = found[0].timer_id
        return Decision(events=(e.TimerCancelled(timer_id),), reply=told_cancelled(timer_id))
    if found:
        text = f"{command.timer_id!r} could be {', '.join(one.timer_id for one in found)}"
        return r.Refusal(code="ambiguous", message=f"{text}; write more of it", path="$.timer_id")
    text = (
        f"no timer {command.timer_id[:80]} is open: it may have fired; see which are:"
        f" greenroom timer ls {state.record.id}"
    )
    return r.Refusal(code="timer-not-found", message=text, path="$.timer_id")


def told_cancelled(timer_id: str) -> Ready:
    return Ready(lambda _: {"timer_id": timer_id, "cancelled": True})


def fire(state: SessionState, _: object, given: Given) -> Decision:
    """Each that is due becomes a request, the oldest first; one that is refused is over, too."""
    draft = Draft(state, given)
    session = state.record
    for timer in session.timers if session.desired == "run" and not given.closing else ():
        if timer.due <= given.now:
            _fire(draft, timer)
    return draft.decision(Ready(lambda _: {}))


def _fire(draft: Draft, timer: Timer) -> None:
    asked = _request(draft.state, timer.message)
    begun = workers.converse(draft.state, asked, draft.given)
    if isinstance(begun, r.Refusal):
        draft.add(e.TimerFired(timer.timer_id, code=begun.code))
        return
    draft.add(*begun.events)
    draft.want(*begun.effects)
    queued = (one for one in begun.events if isinstance(one, e.RequestQueued | e.PromptQueued))
    draft.add(e.TimerFired(timer.timer_id, next(queued).response_id))
