"""PURE: how events about workers and their processes change a session's state."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from storage import typed
from storage.fold import prompts
from storage.fold.changes import Step, with_session, with_status
from storage.records import event as e
from storage.records.worker import AgentWorker, Worker, WorkerDesired, WorkerRestart
from storage.state import SessionState


def _worker_created(state: SessionState, event: e.WorkerCreated, at: datetime) -> SessionState:
    workers = (*state.record.workers, event.worker)
    return with_status(with_session(state, at, workers=workers))


def _worker_deleted(state: SessionState, event: e.WorkerDeleted, at: datetime) -> SessionState:
    state = prompts.end_all_of(state, event.worker_id, "its worker was deleted", at)
    workers = tuple(w for w in state.record.workers if w.id != event.worker_id)
    return with_status(with_session(state, at, workers=workers))


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
    return with_status(with_session(state, at, workers=workers))


def _worker_updated(state: SessionState, event: e.WorkerUpdated, at: datetime) -> SessionState:
    fields = {"name": str, "desired": WorkerDesired, "restart": WorkerRestart}
    changes = {
        name: typed.convert(value, fields[name])
        for name, value in event.updates.items()
        if name in fields
    }
    return _with_worker(state, event.worker_id, at, **changes)


def _worker_starting(state: SessionState, event: e.WorkerStarting, at: datetime) -> SessionState:
    return _with_worker(
        state, event.worker_id, at, status="starting", restarts=event.restarts, process=None
    )


def _worker_started(state: SessionState, event: e.WorkerStarted, at: datetime) -> SessionState:
    state = _with_worker(
        state, event.worker_id, at, status="running", process=event.process, last_error=None
    )
    return _begun(state, event.worker_id, at) if event.process else state


def _begun(state: SessionState, worker_id: str, at: datetime) -> SessionState:
    """A process of it has run: an agent has a conversation since."""
    if not isinstance(state.record.worker(worker_id), AgentWorker):
        return state
    return _with_worker(state, worker_id, at, begun=True)


def _worker_ended(state: SessionState, event: e.WorkerEnded, at: datetime) -> SessionState:
    worker = state.record.worker(event.worker_id)
    last = event.exit or (worker.exit if worker else None)
    state = _with_worker(
        state,
        event.worker_id,
        at,
        status=event.status,
        process=None,
        exit=last,
        last_error=event.error,
    )
    has_run = event.exit is not None and (event.exit.code, event.exit.signal) != (None, None)
    return _begun(state, event.worker_id, at) if has_run else state


def _agent_defined(state: SessionState, event: e.AgentDefined, at: datetime) -> SessionState:
    return _with_worker(state, event.worker_id, at, definition=event.definition)


def _agent_starting(state: SessionState, event: e.AgentStarting, at: datetime) -> SessionState:
    return _with_worker(
        state,
        event.worker_id,
        at,
        command=event.command,
        conversation_id=event.conversation_id,
    )


def _prompt_given(state: SessionState, event: e.PromptGiven, at: datetime) -> SessionState:
    return _with_worker(state, event.worker_id, at, prompt_given=True)


def _prompt_taken(state: SessionState, event: e.PromptTaken, at: datetime) -> SessionState:
    return _with_worker(state, event.worker_id, at, prompt_taken=True)


def _conversation_forgotten(
    state: SessionState, event: e.ConversationForgotten, at: datetime
) -> SessionState:
    again = {"prompt_given": False} if event.prompt_due else {}
    return _with_worker(state, event.worker_id, at, begun=False, conversation_id=None, **again)


def _conversation_found(
    state: SessionState, event: e.ConversationFound, at: datetime
) -> SessionState:
    return _with_worker(
        state, event.worker_id, at, begun=True, conversation_id=event.conversation_id
    )


STEPS: dict[type, Step] = {
    e.WorkerCreated: _worker_created,
    e.WorkerUpdated: _worker_updated,
    e.WorkerStarting: _worker_starting,
    e.WorkerStarted: _worker_started,
    e.WorkerEnded: _worker_ended,
    e.WorkerDeleting: _worker_deleting,
    e.WorkerDeleted: _worker_deleted,
    e.AgentDefined: _agent_defined,
    e.AgentStarting: _agent_starting,
    e.PromptGiven: _prompt_given,
    e.PromptTaken: _prompt_taken,
    e.ConversationForgotten: _conversation_forgotten,
    e.ConversationFound: _conversation_found,
    e.OrphansEnded: lambda state, _event, _at: state,
    e.LimitPassed: lambda state, _event, _at: state,
    e.InputWritten: _input_written,
}
