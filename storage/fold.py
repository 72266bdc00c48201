"""PURE: how an event changes a session's state. The only way that state changes.

`apply` never refuses: what may happen is decided before it is journaled. An event about something
that is not there is a fault of the journal and raises `LookupError`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from storage.records import event as e
from storage.records.config import SessionConfig
from storage.records.conversation import Round, ToolCall, Turn
from storage.records.message import ChatMessage, ToolCallContent, ToolResultContent
from storage.records.session import Session
from storage.records.worker import ProcessWorker, Worker, WorkerDesired, WorkerRestart
from storage.state import SessionState

REARMED_BELOW = 0.75
"""A context that was critical is so again only after its utilization fell below this."""

_Step = Callable[[SessionState, Any, datetime], SessionState]


def apply(state: SessionState, event: e.AnyEvent, at: datetime) -> SessionState:
    """The state after `event`, which was journaled at `at`."""
    return _STEPS[type(event)](state, event, at)


def apply_all(state: SessionState, events: Iterable[e.AnyEvent], at: datetime) -> SessionState:
    for event in events:
        state = _STEPS[type(event)](state, event, at)
    return state


def add_messages(
    state: SessionState, added: Sequence[tuple[ChatMessage, datetime]]
) -> SessionState:
    """As one `MessageAdded` after the other, at these times; at least one."""
    messages = state.messages.extended([message for message, _ in added])
    session = replace(state.record, updated_at=added[-1][1], message_count=len(messages))
    return replace(state, session=session, messages=messages)


def merged(current: SessionConfig | None, changes: dict[str, Any]) -> SessionConfig:
    """`current` with `changes` on top, one level deep; a None unsets. ValidationError if wrong."""
    before = msgspec.to_builtins(current) if current else {}
    after = {name: value for name, value in {**before, **changes}.items() if value is not None}
    return msgspec.convert(after, SessionConfig)


def derived_status(session: Session) -> str:
    """What `status` follows from: intent first, then whether anything with a process runs."""
    if session.archived:
        return "archived"
    if session.desired == "paused":
        return "paused"
    if session.desired == "stopped":
        return "inactive"
    processes = [worker for worker in session.workers if isinstance(worker, ProcessWorker)]
    running = any(worker.status in {"running", "starting"} for worker in processes)
    return "active" if running or not processes else "inactive"


def _with_session(state: SessionState, at: datetime, **changes: Any) -> SessionState:
    return replace(state, session=replace(state.record, updated_at=at, **changes))


def _with_status(state: SessionState) -> SessionState:
    session = state.record
    status = derived_status(session)
    return (
        state
        if status == session.status
        else replace(state, session=replace(session, status=status))
    )


def _session_created(state: SessionState, event: e.SessionCreated, at: datetime) -> SessionState:
    messages = state.messages
    for message in event.messages:
        messages = messages.append(message)
    session = replace(event.session, message_count=len(messages))
    return _with_status(replace(state, session=session, messages=messages))


def _session_updated(state: SessionState, event: e.SessionUpdated, at: datetime) -> SessionState:
    fields = _field_types(type(state.record))
    changes = {
        name: msgspec.convert(value, fields[name])
        for name, value in event.updates.items()
        if name in fields and name not in _BY_OWN_EVENT
    }
    return _with_status(_with_session(state, at, **changes))


@cache
def _field_types(kind: type[Session]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


_BY_OWN_EVENT = frozenset({"config", "metrics", "workers"})
"""Named in `updates` for whoever listens; their own events in the same line carry the change."""


def _config_updated(
    state: SessionState, event: e.SessionConfigUpdated, at: datetime
) -> SessionState:
    return _with_session(state, at, config=merged(state.record.config, event.config))


def _deleting(state: SessionState, event: e.SessionDeleting, at: datetime) -> SessionState:
    return replace(state, deleting=True)


def _deleted(state: SessionState, event: e.SessionDeleted, at: datetime) -> SessionState:
    return replace(state, deleted=True)


def _restored(state: SessionState, event: e.SessionRestored, at: datetime) -> SessionState:
    """Nothing of it runs here: what ran is stopped, what was asked is cut off at the next start."""
    workers = tuple(
        replace(worker, status="lost" if worker.process else "stopped", process=None)
        if isinstance(worker, ProcessWorker) and worker.status in {"running", "starting"}
        else worker
        for worker in state.record.workers
    )
    state = replace(state, deleting=False, deleted=False, doomed_workers=frozenset())
    return _with_status(_with_session(state, at, desired="stopped", workers=workers))


def _message_added(state: SessionState, event: e.MessageAdded, at: datetime) -> SessionState:
    messages = state.messages.append(event.message)
    session = replace(state.record, updated_at=at, message_count=len(messages))
    return replace(state, session=session, messages=messages)


def _message_updated(state: SessionState, event: e.MessageUpdated, at: datetime) -> SessionState:
    message = _message(state, event.message_id)
    builtin = {**msgspec.to_builtins(message), **event.updates, "id": message.id}
    messages = state.messages.replace(msgspec.convert(builtin, ChatMessage))
    return _with_session(replace(state, messages=messages), at)


def _metrics_updated(
    state: SessionState, event: e.TokenMetricsUpdated, at: datetime
) -> SessionState:
    utilization = event.metrics.context_utilization
    critical = state.critical and (utilization is None or utilization >= REARMED_BELOW)
    return _with_session(replace(state, critical=critical), at, metrics=event.metrics)


def _context_critical(
    state: SessionState, event: e.ContextWindowCritical, at: datetime
) -> SessionState:
    return replace(state, critical=True)


def _worker_created(state: SessionState, event: e.WorkerCreated, at: datetime) -> SessionState:
    workers = (*state.record.workers, event.worker)
    return _with_status(_with_session(state, at, workers=workers))


def _worker_deleted(state: SessionState, event: e.WorkerDeleted, at: datetime) -> SessionState:
    workers = tuple(w for w in state.record.workers if w.id != event.worker_id)
    return _with_status(_with_session(state, at, workers=workers))


def _worker_deleting(state: SessionState, event: e.WorkerDeleting, at: datetime) -> SessionState:
    return replace(state, doomed_workers=state.doomed_workers | {event.worker_id})


def _input_written(state: SessionState, event: e.InputWritten, at: datetime) -> SessionState:
    return replace(state, inputs=event.number)


def _with_worker(state: SessionState, worker_id: str, at: datetime, **changes: Any) -> SessionState:
    worker = state.record.worker(worker_id)
    if worker is None:
        raise LookupError(f"no worker {worker_id}")
    changed: Worker = replace(worker, **changes)
    workers = tuple(changed if w.id == worker_id else w for w in state.record.workers)
    return _with_status(_with_session(state, at, workers=workers))


def _worker_updated(state: SessionState, event: e.WorkerUpdated, at: datetime) -> SessionState:
    fields = {"name": str, "desired": WorkerDesired, "restart": WorkerRestart}
    changes = {
        name: msgspec.convert(value, fields[name])
        for name, value in event.updates.items()
        if name in fields
    }
    return _with_worker(state, event.worker_id, at, **changes)


def _worker_starting(state: SessionState, event: e.WorkerStarting, at: datetime) -> SessionState:
    return _with_worker(
        state, event.worker_id, at, status="starting", restarts=event.restarts, process=None
    )


def _worker_started(state: SessionState, event: e.WorkerStarted, at: datetime) -> SessionState:
    return _with_worker(
        state, event.worker_id, at, status="running", process=event.process, last_error=None
    )


def _worker_ended(state: SessionState, event: e.WorkerEnded, at: datetime) -> SessionState:
    worker = state.record.worker(event.worker_id)
    last = event.exit or (worker.exit if worker else None)
    return _with_worker(
        state,
        event.worker_id,
        at,
        status=event.status,
        process=None,
        exit=last,
        last_error=event.error,
    )


def _message(state: SessionState, message_id: str) -> ChatMessage:
    message = state.messages.find(message_id)
    if message is None:
        raise LookupError(f"no message {message_id}")
    return message


def _request_queued(state: SessionState, event: e.RequestQueued, at: datetime) -> SessionState:
    queued = Round(
        id=event.response_id,
        request=event.message,
        request_id=event.request_id,
        status="queued",
        created_at=at,
    )
    return _with_open(state, (*state.open_rounds, queued), at)


def _with_open(state: SessionState, rounds: tuple[Round, ...], at: datetime) -> SessionState:
    return _with_session(replace(state, open_rounds=rounds), at, open_requests=len(rounds))


def _with_round(state: SessionState, response_id: str, **changes: Any) -> SessionState:
    if not any(candidate.id == response_id for candidate in state.open_rounds):
        raise LookupError(f"no open request {response_id}")
    rounds = tuple(replace(r, **changes) if r.id == response_id else r for r in state.open_rounds)
    return replace(state, open_rounds=rounds)


def _with_turn(
    state: SessionState, response_id: str, number: int, change: Callable[[Turn], Turn]
) -> SessionState:
    current = state.round(response_id)
    turns = current.turns if current else ()
    if not any(turn.number == number for turn in turns):
        raise LookupError(f"no turn {number} in {response_id}")
    changed = tuple(change(turn) if turn.number == number else turn for turn in turns)
    return _with_round(state, response_id, turns=changed)


def _turn_started(state: SessionState, event: e.TurnStarted, at: datetime) -> SessionState:
    current = state.round(event.response_id)
    before = current.turns if current else ()
    turn = Turn(number=event.number, status="streaming", model=event.model, started_at=at)
    return _with_round(state, event.response_id, status="running", turns=(*before, turn))


def _turn_retried(state: SessionState, event: e.TurnRetried, at: datetime) -> SessionState:
    def change(turn: Turn) -> Turn:
        return replace(turn, retries=event.attempt, error=event.error, content=())

    return _with_turn(state, event.response_id, event.number, change)


def _block_completed(
    state: SessionState, event: e.TurnBlockCompleted, at: datetime
) -> SessionState:
    def change(turn: Turn) -> Turn:
        return replace(turn, content=(*turn.content, event.block))

    return _with_turn(state, event.response_id, event.number, change)


def _turn_completed(state: SessionState, event: e.TurnCompleted, at: datetime) -> SessionState:
    message = _message(state, event.message_id) if event.message_id else None

    def change(turn: Turn) -> Turn:
        content = message.content if message else (event.content or turn.content)
        return replace(
            turn,
            status=event.status,
            content=content,
            tool_calls=_calls(content) if message else (),
            raw_response=event.raw_response,
            stop_reason=event.stop_reason,
            usage=event.usage,
            cost=event.cost,
            error=event.error,
            completed_at=at,
        )

    state = _with_turn(state, event.response_id, event.number, change)
    if event.status != "interrupted":
        return state
    cuts = next(r.cuts for r in state.open_rounds if r.id == event.response_id)
    return _with_round(state, event.response_id, cuts=cuts + 1)


def _calls(content: tuple[Any, ...]) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(tool_call_id=block.tool_call_id, name=block.name, args=block.args)
        for block in content
        if isinstance(block, ToolCallContent)
    )


def _with_call(
    state: SessionState, response_id: str, tool_call_id: str, **changes: Any
) -> SessionState:
    current = state.round(response_id)
    if current is None or not current.turns:
        raise LookupError(f"no open request {response_id}")
    last = current.turns[-1]

    def change(turn: Turn) -> Turn:
        calls = tuple(
            replace(call, **changes) if call.tool_call_id == tool_call_id else call
            for call in turn.tool_calls
        )
        return replace(turn, tool_calls=calls)

    return _with_turn(state, response_id, last.number, change)


def _tool_call_started(state: SessionState, event: e.ToolCallStarted, at: datetime) -> SessionState:
    return _with_call(
        state,
        event.response_id,
        event.tool_call_id,
        status="running",
        only_reads=event.only_reads,
    )


def _tool_call_completed(
    state: SessionState, event: e.ToolCallCompleted, at: datetime
) -> SessionState:
    content = _message(state, event.message_id).content
    result = next((block for block in content if isinstance(block, ToolResultContent)), None)
    return _with_call(
        state, event.response_id, event.tool_call_id, status=event.status, result=result
    )


def _request_completed(
    state: SessionState, event: e.RequestCompleted, at: datetime
) -> SessionState:
    state = _with_round(
        state, event.response_id, status=event.status, failure=event.failure, completed_at=at
    )
    done = next(r for r in state.open_rounds if r.id == event.response_id)
    still_open = tuple(r for r in state.open_rounds if r.id != event.response_id)
    return _with_open(replace(state, rounds=state.rounds.append(done)), still_open, at)


_STEPS: dict[type, _Step] = {
    e.SessionCreated: _session_created,
    e.SessionUpdated: _session_updated,
    e.SessionConfigUpdated: _config_updated,
    e.SessionDeleting: _deleting,
    e.SessionDeleted: _deleted,
    e.SessionRestored: _restored,
    e.MessageAdded: _message_added,
    e.MessageUpdated: _message_updated,
    e.TokenMetricsUpdated: _metrics_updated,
    e.ContextWindowCritical: _context_critical,
    e.WorkerCreated: _worker_created,
    e.WorkerUpdated: _worker_updated,
    e.WorkerStarting: _worker_starting,
    e.WorkerStarted: _worker_started,
    e.WorkerEnded: _worker_ended,
    e.WorkerDeleting: _worker_deleting,
    e.WorkerDeleted: _worker_deleted,
    e.InputWritten: _input_written,
    e.RequestQueued: _request_queued,
    e.TurnStarted: _turn_started,
    e.TurnRetried: _turn_retried,
    e.TurnBlockCompleted: _block_completed,
    e.TurnCompleted: _turn_completed,
    e.ToolCallStarted: _tool_call_started,
    e.ToolCallCompleted: _tool_call_completed,
    e.RequestCompleted: _request_completed,
}
