"""PURE: what a session decides about its workers and their processes."""

import hashlib
from typing import Any

from actors.decisions import agents, conversation, processes, prompts, requests
from actors.decisions.decision import (
    THE_HOST,
    Awaiting,
    Decision,
    Draft,
    Given,
    Ready,
    Reply,
    Until,
    Verdict,
)
from actors.decisions.new_workers import name_taken, new_worker
from actors.messages import effects as f
from actors.messages.session import RecordEndedOrphans
from storage.records import event as e
from storage.records import request as r
from storage.records.process import EndCause
from storage.records.worker import (
    AgentWorker,
    ConversationWorker,
    ProcessWorker,
    Worker,
)
from storage.state import SessionState

SHORTEST_PREFIX = 4
"""Fewer characters mean a name: no worker is hit because its id happens to begin so."""


def find(state: SessionState, reference: str) -> Worker | r.Refusal:
    """By exact id, else by name, else by unique prefix of an id."""
    workers = state.record.workers
    for matches in (
        [w for w in workers if w.id == reference],
        [w for w in workers if w.name == reference],
        [w for w in workers if len(reference) >= SHORTEST_PREFIX and w.id.startswith(reference)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            named = [{"id": worker.id, "name": worker.name} for worker in matches]
            ids = ", ".join(worker.id for worker in matches)
            text = f"worker {reference} is ambiguous; one of: {ids}"
            return r.Refusal(code="ambiguous", message=text, data={"candidates": named})
    known = ", ".join(f"{worker.name} ({worker.id})" for worker in workers) or "none"
    text = f"Worker not found: {reference}; session {state.record.id} has: {known}"
    return r.Refusal(code="worker-not-found", message=text)


def create(state: SessionState, command: r.CreateWorker, given: Given) -> Verdict:
    worker = new_worker(state, command.worker, given)
    if isinstance(worker, r.Refusal):
        return worker
    draft = Draft(state, given)
    put(draft, worker)
    if isinstance(worker, ConversationWorker) and state.record.config is None:
        draft.add(e.SessionConfigUpdated({}))
    return draft.decision(until_started(worker.id))


def put(draft: Draft, worker: Worker) -> None:
    """A new worker, started if it and its session are to run."""
    draft.add(e.WorkerCreated(worker))
    if isinstance(worker, AgentWorker) and agents.has_to_type(worker):
        prompts.queue(draft, worker.id, worker.prompt or "", is_first=True)
    if draft.state.record.desired == "run" and worker.desired == "run":
        draft.want(f.StartWorker(worker.id))
    else:
        draft.add(e.WorkerEnded(worker.id, "stopped"))


def until_started(worker_id: str) -> Until:
    """Answer with the worker's record once it runs, has run, or cannot."""

    def value(state: SessionState) -> Any:
        worker = state.record.worker(worker_id)
        if worker is None:
            return r.Refusal(code="worker-not-found", message=f"worker {worker_id} was deleted")
        if worker.status == "starting":
            return None
        if worker.last_error and worker.status != "running":
            return r.Refusal(code="spawn-failed", message=worker.last_error)
        return worker

    return Until(value, THE_HOST)


def start(state: SessionState, command: r.StartWorker, given: Given) -> Verdict:
    """Start it, also one that ended by itself or is quarantined; with its session if that waits."""
    worker = _find_to_run(state, command.worker, given)
    if isinstance(worker, r.Refusal):
        return worker
    draft = Draft(state, given)
    return draft.decision(_run(draft, worker))


def _run(draft: Draft, worker: Worker) -> Reply:
    if worker.desired != "run":
        draft.add(e.WorkerUpdated(worker.id, {"desired": "run"}))
    if draft.state.record.desired != "run":
        if worker.status in {"exited", "lost", "quarantined"}:
            draft.add(e.WorkerEnded(worker.id, "stopped"))
        return _record(worker.id)
    begin(draft, worker, is_ending=worker.desired == "stopped")
    return until_started(worker.id)


def _record(worker_id: str) -> Reply:
    return Ready(lambda after: after.record.worker(worker_id))


def _find_to_run(state: SessionState, reference: str, given: Given) -> Worker | r.Refusal:
    worker = _find_to_keep(state, reference)
    if not isinstance(worker, AgentWorker):
        return worker
    return agents.can_start(worker, given.settings()) or worker


def _find_to_keep(state: SessionState, reference: str) -> Worker | r.Refusal:
    worker = find(state, reference)
    if isinstance(worker, r.Refusal) or worker.id not in state.doomed_workers:
        return worker
    text = f"worker {worker.name} is being deleted"
    return r.Refusal(code="worker-not-found", message=text)


def begin(draft: Draft, worker: Worker, *, is_ending: bool = False) -> None:
    """Start a worker that does not run, whatever ended it; with `is_ending`, once it has ended."""
    if isinstance(worker, AgentWorker):
        agents.define(draft, worker)
    if worker.status not in {"running", "starting"}:
        draft.add(e.WorkerStarting(worker.id, worker.restarts))
        draft.want(f.StartWorker(worker.id))
    elif is_ending and worker.status == "running" and isinstance(worker, ProcessWorker):
        draft.add(e.WorkerStarting(worker.id, worker.restarts))
        draft.want(f.EndProcess(worker.id, "stopped"))


def stop(state: SessionState, command: r.StopWorker, given: Given) -> Verdict:
    worker = find(state, command.worker)
    if isinstance(worker, r.Refusal):
        return worker
    draft = Draft(state, given)
    return draft.decision(_stop(draft, worker))


def _stop(draft: Draft, worker: Worker) -> Reply:
    draft.add(e.WorkerUpdated(worker.id, {"desired": "stopped"}))
    end(draft, worker, "stopped")
    return until_ended(worker.id)


def end(draft: Draft, worker: Worker, cause: EndCause) -> None:
    """End whatever the worker has: a process, or a turn."""
    if isinstance(worker, ConversationWorker):
        reason = f"worker {worker.name} was stopped"
        conversation.interrupt(draft, all_open=True, reason=reason)
        draft.add(e.WorkerEnded(worker.id, "stopped"))
    elif worker.status in {"running", "starting"}:
        draft.want(f.EndProcess(worker.id, cause))
    else:
        prompts.after_end(draft, worker.id, comes_back=False)
        if worker.status == "quarantined":
            draft.add(e.WorkerEnded(worker.id, "stopped"))


def until_ended(worker_id: str) -> Reply:
    def value(state: SessionState) -> Any:
        worker = state.record.worker(worker_id)
        if worker is None:
            return {"deleted": True}
        is_over = worker.status not in {"running", "starting"}
        return worker if is_over or worker.desired == "run" else None

    return Until(value, THE_HOST)


def restart(state: SessionState, command: r.RestartWorker, given: Given) -> Verdict:
    """End it and start it again; one that is stopped or quarantined just starts."""
    worker = _find_to_run(state, command.worker, given)
    if isinstance(worker, r.Refusal):
        return worker
    if state.record.desired != "run":
        text = f"session {state.record.id} is {state.record.desired}; run it first"
        return r.Refusal(code="session-stopped", message=text)
    draft = Draft(state, given)
    if worker.desired != "run":
        draft.add(e.WorkerUpdated(worker.id, {"desired": "run"}))
    again(draft, worker)
    return draft.decision(until_started(worker.id))


def again(draft: Draft, worker: Worker) -> None:
    """One more start, which somebody asked for; a living process is ended first."""
    if isinstance(worker, AgentWorker):
        agents.define(draft, worker)
    living = worker.status == "running" and not isinstance(worker, ConversationWorker)
    draft.add(e.WorkerStarting(worker.id, worker.restarts))
    draft.want(f.EndProcess(worker.id, "stopped") if living else f.StartWorker(worker.id))


def update(state: SessionState, command: r.UpdateWorker, given: Given) -> Verdict:
    """Name and policy as given; `desired` as if it was started or stopped."""
    is_start = command.updates.desired == "run"
    worker = (
        _find_to_run(state, command.worker, given)
        if is_start
        else _find_to_keep(state, command.worker)
    )
    if isinstance(worker, r.Refusal):
        return worker
    wanted = command.updates
    others = [other for other in state.record.workers if other.id != worker.id]
    if wanted.name and any(other.name == wanted.name for other in others):
        return name_taken(wanted.name, "$.updates.name")
    draft = Draft(state, given)
    asked = {"name": wanted.name, "restart": wanted.restart}
    changes = {name: new for name, new in asked.items() if new not in {None, getattr(worker, name)}}
    if changes:
        draft.add(e.WorkerUpdated(worker.id, changes))
    if wanted.desired == "run":
        return draft.decision(_run(draft, worker))
    return draft.decision(_stop(draft, worker) if wanted.desired else _record(worker.id))


def delete(state: SessionState, command: r.DeleteWorker, given: Given) -> Verdict:
    """End it, then forget it. Of an unknown worker there is nothing to delete."""
    worker = find(state, command.worker)
    if isinstance(worker, r.Refusal):
        if worker.code == "worker-not-found":
            return Decision(reply=Ready(lambda _: {"deleted": False}))
        return worker
    draft = Draft(state, given)
    if worker.id not in state.doomed_workers:
        draft.add(e.WorkerUpdated(worker.id, {"desired": "stopped"}))
        remove(draft, worker)
    return draft.decision(until_gone(worker.id))


def remove(draft: Draft, worker: Worker) -> None:
    """At once, or as soon as its process has ended."""
    if isinstance(worker, ProcessWorker) and worker.status in {"running", "starting"}:
        draft.add(e.WorkerDeleting(worker.id))
        draft.want(f.EndProcess(worker.id, "stopped"))
        return
    if isinstance(worker, ConversationWorker):
        end(draft, worker, "stopped")
    draft.add(e.WorkerDeleted(worker.id))
    draft.want(f.RemoveWorker(worker.id))


def until_gone(worker_id: str) -> Reply:
    return Until(
        lambda after: None if after.record.worker(worker_id) else {"deleted": True}, THE_HOST
    )


def converse(state: SessionState, command: r.Request, given: Given) -> Verdict:
    """A request to the worker that is named, else to the conversation, else to the only agent."""
    worker = addressee(state, command)
    if isinstance(worker, r.Refusal):
        return worker
    if isinstance(worker, AgentWorker):
        is_ended = worker.status in {"exited", "lost"}
        comes_back = is_ended and processes.is_due(worker, session_runs=True)
        return prompts.request(state, command, worker, given, comes_back=comes_back)
    if worker and not isinstance(worker, ConversationWorker):
        text = (
            f"worker {worker.name} of session {state.record.id} is neither a conversation nor an"
            f" agent; type into it with: greenroom type {state.record.id}/{worker.name} TEXT"
        )
        return r.Refusal(code="no-conversation", message=text)
    return requests.request(state, command, given)


def addressee(state: SessionState, command: r.Request) -> Worker | r.Refusal | None:
    """Whom a request means; None: the conversation that it does not name, or that there is none."""
    if command.worker:
        return find(state, command.worker)
    workers_ = state.record.workers
    agents_ = [worker for worker in workers_ if isinstance(worker, AgentWorker)]
    if any(isinstance(worker, ConversationWorker) for worker in workers_) or not agents_:
        return None
    if len(agents_) == 1:
        return agents_[0]
    names = ", ".join(f"{state.record.id}/{worker.name}" for worker in agents_)
    text = f"session {state.record.id} has several agents; name one: {names}"
    named = [{"id": worker.id, "name": worker.name} for worker in agents_]
    return r.Refusal(code="ambiguous", message=text, data={"candidates": named})


def write_input(state: SessionState, command: r.WriteInput, given: Given) -> Verdict:
    """Journal that something was typed (by length and hash), then type it."""
    worker = _running_terminal(state, command.worker)
    if isinstance(worker, r.Refusal):
        return worker
    number = state.inputs + 1
    draft = Draft(state, given)
    raw = command.data.encode()
    draft.add(e.InputWritten(worker.id, number, len(raw), hashlib.sha256(raw).hexdigest()))
    draft.want(f.TypeInput(worker.id, number, command.data, command.wait_seconds))
    return draft.decision(Awaiting(f"input:{worker.id}:{number}"))


def resize(state: SessionState, command: r.ResizeWorker, given: Given) -> Verdict:
    worker = _running_terminal(state, command.worker)
    if isinstance(worker, r.Refusal):
        return worker
    effect = f.ResizeTerminal(worker.id, command.cols, command.rows)
    return Decision(
        effects=(effect,), reply=Ready(lambda _: {"cols": command.cols, "rows": command.rows})
    )


def _running_terminal(state: SessionState, reference: str) -> Worker | r.Refusal:
    worker = find(state, reference)
    if isinstance(worker, r.Refusal):
        return worker
    if not isinstance(worker, ProcessWorker):
        text = f"worker {worker.name} is a conversation; send it a request instead"
        return r.Refusal(code="not-a-terminal", message=text)
    if worker.status != "running":
        named = f"{state.record.id}/{worker.name}"
        text = f"worker {worker.name} is {worker.status}; start it with: greenroom run {named}"
        return r.Refusal(code="worker-not-running", message=text)
    return worker


def orphans_ended(_: SessionState, command: RecordEndedOrphans, given: Given) -> Verdict:
    """Kept also of a worker that is deleted meanwhile: it says what was killed, and why."""
    event = e.OrphansEnded(command.worker_id, command.processes)
    return Decision(events=(event,), reply=Ready(lambda _: {"recorded": len(command.processes)}))
