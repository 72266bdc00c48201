"""PURE: the answer to a request that was done already, when nobody saw its answer.

Its events stand in the journal, in the line that names the request; what follows them is known
from the state. Nothing is done a second time: what is wanted at most is input that the terminal
host takes once, whoever repeats it.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from actors.decisions import (
    deletion,
    history_edits,
    permission_answers,
    prompts,
    requests,
    session,
    timers,
    workers,
)
from actors.decisions.decision import (
    DISPOSAL,
    THE_HOST,
    Awaiting,
    Decision,
    Given,
    Ready,
    Reply,
    Until,
    Verdict,
)
from actors.messages import effects as f
from storage.records import event as e
from storage.records import request as r
from storage.state import SessionState


class Done(Struct, frozen=True):
    """The `events` that a request had; `followed`: the workers that later events name."""

    events: tuple[e.AnyEvent, ...]
    followed: frozenset[str] = frozenset()


def answer(state: SessionState, request: r.RequestBase, done: Done, given: Given) -> Verdict:
    """How `request` is answered now."""
    match request:
        case r.WriteInput():
            return _typed(state, request, done)
        case r.Request():
            return workers.converse(state, request, given)  # it finds its own round
        case r.DeleteSession() if not state.deleting:
            return deletion.taken_back(state.record.id)
        case r.Cancel():
            of_agent = state.prompt(request.response_id) is not None
            taken_back = prompts.cancel if of_agent else requests.cancel
            return taken_back(state, request, given)  # what has ended stays as it is
        case _:
            reply = _REPLIES.get(type(request))
            return Decision(reply=reply(done) if reply else session.RECORD)


def _created(done: Done) -> Reply:
    worker_id, response_id = _worker_id(done), None
    for event in done.events:
        if isinstance(event, (e.RequestQueued, e.PromptQueued)):
            response_id = event.response_id
    return session.when_created(worker_id, response_id)


def _worker_id(done: Done) -> str | None:
    """Of the worker that the request was about."""
    for event in done.events:
        if isinstance(event, e.WorkerCreated):
            return event.worker.id
        found: str | None = getattr(event, "worker_id", None)
        if found:
            return found
    return None


def _of_worker(reply: Callable[[str], Reply]) -> Callable[[Done], Reply]:
    def of(done: Done) -> Reply:
        worker_id = _worker_id(done)
        return reply(worker_id) if worker_id else session.RECORD

    return of


def _message(done: Done) -> Reply:
    for event in done.events:
        if isinstance(event, e.MessageAdded):
            return history_edits.record_and_message(event.message.id)
        if isinstance(event, e.MessageUpdated):
            return history_edits.record_and_message(event.message_id)
    return session.RECORD


def _answered(done: Done) -> Reply:
    for event in done.events:
        if isinstance(event, e.PermissionAnswered):
            return permission_answers.record_of(event.permission_id)
    return session.RECORD


def _timer_set(done: Done) -> Reply:
    found = next(event.timer for event in done.events if isinstance(event, e.TimerSet))
    return timers.told_set(found)


def _timer_cancelled(done: Done) -> Reply:
    found = next(event for event in done.events if isinstance(event, e.TimerCancelled))
    return timers.told_cancelled(found.timer_id)


def _typed(state: SessionState, request: r.WriteInput, done: Done) -> Verdict:
    """The host takes a number once; so it is typed now if it was not, and only where it was meant.

    Once other input has followed, or another process, nobody can tell any more.
    """
    written = next(x for x in done.events if isinstance(x, e.InputWritten))
    worker = state.record.worker(written.worker_id)
    is_same = written.worker_id not in done.followed
    if worker is None or worker.status != "running" or not is_same:
        text = (
            "greenroom stopped while this was being typed, and whether it was is not known;"
            " look at the output before typing it again"
        )
        return r.Refusal(code="outcome-unknown", message=text)
    return Decision(
        effects=(
            f.TypeInput(written.worker_id, written.number, request.data, request.wait_seconds),
        ),
        reply=Awaiting(f"input:{written.worker_id}:{written.number}"),
    )


_REPLIES: dict[type[Any], Callable[[Done], Reply]] = {
    r.CreateSession: _created,
    r.StartSession: lambda _: Until(session.record_when_started, THE_HOST),
    r.RestartSession: lambda _: Until(session.record_when_started, THE_HOST),
    r.StopSession: lambda _: Until(session.record_when_ended, THE_HOST),
    r.ArchiveSession: lambda _: Until(session.record_when_ended, THE_HOST),
    r.DeleteSession: lambda _: Awaiting(DISPOSAL),
    r.CreateWorker: _of_worker(workers.until_started),
    r.StartWorker: _of_worker(workers.until_started),
    r.RestartWorker: _of_worker(workers.until_started),
    r.StopWorker: _of_worker(workers.until_ended),
    r.DeleteWorker: _of_worker(workers.until_gone),
    r.UpdateWorker: _of_worker(lambda worker_id: Ready(lambda s: s.record.worker(worker_id))),
    r.AddMessage: _message,
    r.UpdateMessage: _message,
    r.AnswerPermission: _answered,
    r.SetTimer: _timer_set,
    r.CancelTimer: _timer_cancelled,
}
