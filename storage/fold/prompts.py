"""PURE: how events about prompts for agents change a session's state.

The worker's record shows the delivery that is under way, else the last one.
"""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from storage.fold.changes import Step, with_session
from storage.records import event as e
from storage.records.delivery import Delivery, Prompt
from storage.records.worker import AgentWorker
from storage.state import SessionState


def end_all_of(state: SessionState, worker_id: str, evidence: str, at: datetime) -> SessionState:
    """The worker is gone: what was not delivered to it never will be."""
    for prompt in [one for one in state.open_prompts if one.worker_id == worker_id]:
        gone = e.PromptDelivered(prompt.id, "failed", evidence, "worker-not-running")
        state = _delivered(state, gone, at)
    return state


def _queued(state: SessionState, event: e.PromptQueued, at: datetime) -> SessionState:
    prompt = Prompt(
        id=event.response_id,
        worker_id=event.worker_id,
        text=event.text,
        request_id=event.request_id,
        is_first=event.is_first,
        delivery=Delivery(response_id=event.response_id, since=at),
    )
    return _shown(replace(state, open_prompts=(*state.open_prompts, prompt)), prompt, at)


def _typing(state: SessionState, event: e.PromptTyping, at: datetime) -> SessionState:
    told = _open(state, event.response_id).delivery
    told = replace(told, state="typing", attempts=told.attempts + 1, evidence="", since=at)
    state = _with(
        state,
        at,
        told,
        number=event.number,
        pasted=event.pasted,
        mark=event.seen,
        typed_at=at,
    )
    return replace(state, inputs=event.number)


def _typed(state: SessionState, event: e.PromptTyped, at: datetime) -> SessionState:
    told = _open(state, event.response_id).delivery
    told = replace(told, state="typed", evidence=event.evidence, since=at)
    return _with(state, at, told, mark=event.below)


def _submitting(state: SessionState, event: e.PromptSubmitting, at: datetime) -> SessionState:
    told = _open(state, event.response_id).delivery
    told = replace(told, state="submitting", presses=told.presses + 1, since=at)
    return replace(_with(state, at, told, number=event.number), inputs=event.number)


def _submitted(state: SessionState, event: e.PromptSubmitted, at: datetime) -> SessionState:
    told = _open(state, event.response_id).delivery
    return _with(state, at, replace(told, state="submitted", since=at))


def _put_back(state: SessionState, event: e.PromptPutBack, at: datetime) -> SessionState:
    told = _open(state, event.response_id).delivery
    told = replace(
        told,
        state=event.state,
        attempts=told.attempts - (event.state == "queued"),
        presses=told.presses - (told.state == "submitting"),
        evidence=event.evidence,
        since=at,
    )
    return _with(state, at, told)


def _delivered(state: SessionState, event: e.PromptDelivered, at: datetime) -> SessionState:
    prompt = _open(state, event.response_id)
    told = replace(
        prompt.delivery, state=event.state, evidence=event.evidence, code=event.code, since=at
    )
    done = replace(prompt, delivery=told)
    still_open = tuple(one for one in state.open_prompts if one.id != prompt.id)
    state = replace(state, open_prompts=still_open, prompts=state.prompts.append(done))
    return _shown(state, done, at)


def _open(state: SessionState, response_id: str) -> Prompt:
    found = next((one for one in state.open_prompts if one.id == response_id), None)
    if found is None:
        raise LookupError(f"no open prompt {response_id}")
    return found


def _with(state: SessionState, at: datetime, told: Delivery, **changes: Any) -> SessionState:
    changed = replace(_open(state, told.response_id), delivery=told, **changes)
    prompts = tuple(changed if one.id == changed.id else one for one in state.open_prompts)
    return _shown(replace(state, open_prompts=prompts), changed, at)


def _shown(state: SessionState, changed: Prompt, at: datetime) -> SessionState:
    first = state.next_prompt(changed.worker_id) or changed
    workers = tuple(
        replace(worker, delivery=first.delivery)
        if worker.id == changed.worker_id and isinstance(worker, AgentWorker)
        else worker
        for worker in state.record.workers
    )
    return with_session(state, at, workers=workers)


STEPS: dict[type, Step] = {
    e.PromptQueued: _queued,
    e.PromptTyping: _typing,
    e.PromptTyped: _typed,
    e.PromptSubmitting: _submitting,
    e.PromptSubmitted: _submitted,
    e.PromptPutBack: _put_back,
    e.PromptDelivered: _delivered,
}
