"""PURE: what a session decides about itself: how it begins, what the user wants of it, its end."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from actors.decisions import (
    agents,
    conversation,
    deletion,
    new_session,
    new_workers,
    processes,
    prompts,
    requests,
    workers,
)
from actors.decisions.decision import (
    DISPOSAL,
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
from actors.messages import effects as f
from storage import codec, typed
from storage.records import event as e
from storage.records import request as r
from storage.records.config import SessionConfig
from storage.records.message import ChatMessage, TextContent
from storage.records.session import Session
from storage.records.worker import AgentWorker, ConversationWorker, ProcessWorker, Worker
from storage.records.worktree import MadeWorktree
from storage.state import SessionState

RECORD = Ready(lambda state: state.record)


def create(
    command: r.CreateSession,
    session_id: str,
    given: Given,
    ancestors: tuple[str, ...] = (),
    made: MadeWorktree | None = None,
) -> Verdict:
    """The first decision of a session. The caller has checked `location_path`, and made `parent`
    an id; `ancestors`: that one and all above it. `made`: its worktree; without it, the decision
    on a worktree session only says whether there could be one.
    """
    refusal = _cannot_create(command)
    if refusal:
        return refusal
    draft = Draft(SessionState(), given)
    config = _as_recorded(command.config)
    talks = config is not None or command.prompt is not None
    messages = _first_messages(config, given)
    session = new_session.record(
        command,
        session_id,
        given,
        made,
        config=config,
        ancestors=ancestors,
        message_count=len(messages),
    )
    draft.add(e.SessionCreated(session, messages))
    wanted = _first_worker(command, talks=talks)
    worker = new_workers.new_worker(draft.state, wanted, given) if wanted else None
    if isinstance(worker, r.Refusal):
        is_prompt = command.prompt is not None and worker.path == "$.worker.prompt"
        return replace(worker, path="$.prompt") if is_prompt else worker
    if worker:
        workers.put(draft, worker)
    if isinstance(worker, ConversationWorker) and config is None:
        draft.add(e.SessionConfigUpdated({}))
    first = draft.state.next_prompt(worker.id) if worker else None
    response_id = first.id if first else None
    if command.prompt is not None and isinstance(worker, ConversationWorker):
        asked = requests.request(
            draft.state, r.Request(session=session_id, content=command.prompt, wait=False), given
        )
        if isinstance(asked, r.Refusal):
            return asked
        response_id = _adopt(draft, asked)
    setup = new_session.setup_worker(draft.state, made, given)
    if setup:
        workers.put(draft, setup)
    return draft.decision(when_created(worker.id if worker else None, response_id))


def _first_worker(command: r.CreateSession, *, talks: bool) -> r.CreateWorkerRequest | None:
    """Without a word about it a conversation; the prompt of an agent is its own."""
    wanted = command.worker
    if wanted and wanted.type == "agent" and command.prompt is not None:
        return replace(wanted, prompt=command.prompt)
    return wanted or (r.CreateWorkerRequest(type="conversation") if talks else None)


def _cannot_create(command: r.CreateSession) -> r.Refusal | None:
    refusal = new_session.refusal(command)
    if refusal:
        return refusal
    if command.prompt is not None and not command.prompt.strip():
        return r.Refusal(code="bad-request", message="the prompt is blank", path="$.prompt")
    if command.prompt is not None and command.worker and command.worker.type == "terminal":
        text = "a prompt needs a conversation or an agent; leave out worker, or make it one of them"
        return r.Refusal(code="bad-request", message=text, path="$.prompt")
    if command.prompt is not None and command.worker and command.worker.prompt is not None:
        text = "there are two prompts; leave out one of them"
        return r.Refusal(code="bad-request", message=text, path="$.prompt")
    return None


def _as_recorded(asked: SessionConfig | None) -> SessionConfig | None:
    """The strict form of a config is for asking alone; every record has the same type of it."""
    return None if asked is None else typed.convert(asked, SessionConfig, from_attributes=True)


def _first_messages(config: SessionConfig | None, given: Given) -> tuple[ChatMessage, ...]:
    """A session with a system prompt of its own shows it as its first message."""
    if config is None or not config.system_prompt:
        return ()
    content = (TextContent(config.system_prompt),)
    own = ChatMessage(id=given.new_id(), role="system", content=content, created_at=given.now)
    return (own,)


def _adopt(draft: Draft, decided: Decision) -> str:
    """Take over the events and effects of a decision made on the draft's own state."""
    draft.add(*decided.events)
    draft.want(*decided.effects)
    queued = next(event for event in decided.events if isinstance(event, e.RequestQueued))
    return queued.response_id


def when_created(worker_id: str | None, response_id: str | None) -> Reply:
    def value(state: SessionState) -> Any:
        outcome = workers.until_started(worker_id).value(state) if worker_id else state.record
        if isinstance(outcome, r.Refusal):
            return _with_session(outcome, state.record, worker_id)
        if outcome is None:
            return None
        if response_id is None:
            return state.record
        return {**codec.builtins(state.record), "response_id": response_id}

    return Until(value, THE_HOST)


def _with_session(refusal: r.Refusal, session: Session, worker_id: str | None) -> r.Refusal:
    """The session was created all the same, and shows why its worker does not run."""
    worker = session.worker(worker_id or "")
    again = f"greenroom run {session.id}/{worker.name} tries again, " if worker else ""
    text = (
        f"{refusal.message}; session {session.id} was created: {again}"
        f"greenroom delete {session.id} removes it"
    )
    return replace(refusal, message=text, data={**(refusal.data or {}), "session_id": session.id})


def set_desired(draft: Draft, desired: str) -> None:
    """What the user wants from now on, and what follows for every worker."""
    before = draft.state.record.desired
    if desired != before:
        draft.add(e.SessionUpdated({"desired": desired}))
    if desired == "run":
        _run(draft, before)
    elif desired == "paused":
        conversation.interrupt(draft, all_open=False, reason="the session was paused")
        _signal_all(draft, "STOP")
    else:
        conversation.interrupt(draft, all_open=True, reason="the session was stopped")
        if before == "paused":
            _signal_all(draft, "CONT")
        for worker in draft.state.record.workers:
            if isinstance(worker, ProcessWorker) or worker.status in {"running", "starting"}:
                workers.end(draft, worker, "stopped")
        if any(isinstance(worker, ConversationWorker) for worker in draft.state.record.workers):
            draft.want(f.FollowServers())


def _run(draft: Draft, before: str) -> None:
    """What was held goes on, and what is due starts; what ended by itself has ended."""
    if before == "paused":
        _signal_all(draft, "CONT")
    for worker in draft.state.record.workers:
        prompts.next_due(draft, worker.id)
        if isinstance(worker, ConversationWorker) and before != "run" and worker.desired == "run":
            _converse_again(draft, worker)
        elif processes.is_taken_up(worker):
            workers.begin(draft, worker, is_ending=before == "stopped")


def _converse_again(draft: Draft, worker: ConversationWorker) -> None:
    """Its actor may not have been started since the daemon was; what is queued begins with it."""
    if worker.status != "quarantined":
        draft.add(e.WorkerStarting(worker.id, worker.restarts))
        draft.want(f.StartWorker(worker.id))


def _signal_all(draft: Draft, signal: Any) -> None:
    for worker in draft.state.record.workers:
        if isinstance(worker, ProcessWorker) and worker.status == "running":
            draft.want(f.SignalProcess(worker.id, signal))


def desired(wanted: str) -> Callable[[SessionState, Any, Given], Verdict]:
    def decide_it(state: SessionState, _: Any, given: Given) -> Verdict:
        refusal = cannot_be_desired(state, wanted)
        if refusal:
            return refusal
        draft = Draft(state, given)
        set_desired(draft, wanted)
        when = {
            "stopped": Until(record_when_ended, THE_HOST),
            "run": Until(record_when_started, THE_HOST),
        }
        return draft.decision(when.get(wanted, RECORD))

    return decide_it


def of_running(decide_it: Callable[[SessionState, Any, Given], Verdict]) -> Any:
    """Pause and resume are for what runs: neither undoes a stop."""

    def decide_that(state: SessionState, message: Any, given: Given) -> Verdict:
        session = state.record
        if session.desired == "stopped" and not session.archived:
            text = f"session {session.id} is stopped; start it with: greenroom run {session.id}"
            return r.Refusal(code="session-stopped", message=text)
        return decide_it(state, message, given)

    return decide_that


def cannot_be_desired(state: SessionState, wanted: str) -> r.Refusal | None:
    if not state.record.archived or wanted == "stopped":
        return None
    session_id = state.record.id
    text = f"session {session_id} is archived; bring it back with: greenroom unarchive {session_id}"
    return r.Refusal(code="session-archived", message=text)


def record_when_ended(state: SessionState) -> Any:
    """Once nothing runs any more, or a later request has it run again."""
    is_over = not deletion.has_process(state) or state.record.desired == "run"
    return state.record if is_over else None


def restart(state: SessionState, _: r.RestartSession, given: Given) -> Verdict:
    """Every worker that is to run is ended and started again."""
    refusal = cannot_be_desired(state, "run")
    if refusal:
        return refusal
    draft = Draft(state, given)
    if state.record.desired != "run":
        draft.add(e.SessionUpdated({"desired": "run"}))
    for worker in state.record.workers:
        if worker.desired == "run" and _has_program(worker, given):
            workers.again(draft, worker)
    return draft.decision(Until(record_when_started, THE_HOST))


def _has_program(worker: Worker, given: Given) -> bool:
    return not isinstance(worker, AgentWorker) or not agents.can_start(worker, given.settings())


def record_when_started(state: SessionState) -> Any:
    """Once each worker that was to start runs, or has failed to."""
    workers_ = state.record.workers
    if any(worker.status == "starting" for worker in workers_):
        return None
    for worker in workers_:
        if worker.desired == "run" and worker.status == "stopped" and worker.last_error:
            text = f"worker {worker.name}: {worker.last_error}"
            return r.Refusal(code="spawn-failed", message=text)
    return state.record


def archive(state: SessionState, _: r.ArchiveSession, given: Given) -> Verdict:
    """Stopped and hidden, until `unarchive-session`."""
    draft = Draft(state, given)
    set_desired(draft, "stopped")
    draft.add(e.SessionUpdated({"archived": True}))
    return draft.decision(Until(record_when_ended, THE_HOST))


def unarchive(state: SessionState, _: r.UnarchiveSession, given: Given) -> Verdict:
    draft = Draft(state, given)
    draft.add(e.SessionUpdated({"archived": False}))
    return draft.decision(RECORD)


def delete(state: SessionState, command: r.DeleteSession, given: Given) -> Verdict:
    """End every worker first; the answer comes when all their processes are gone."""
    draft = Draft(state, given)
    if not state.deleting:
        refusal = deletion.begin(draft, command)
        if refusal:
            return refusal
        if state.record.desired == "paused":
            _signal_all(draft, "CONT")
        conversation.interrupt(draft, all_open=True, reason="the session was deleted")
        for worker in draft.state.record.workers:
            if isinstance(worker, ProcessWorker):
                workers.end(draft, worker, "stopped")
        deletion.finish(draft)
    return draft.decision(Awaiting(DISPOSAL))


def shut_down(state: SessionState, _: Any, given: Given) -> Verdict:
    """The daemon ends: so do the processes, to be started again with it."""
    draft = Draft(state, given)
    for worker in state.record.workers:
        if isinstance(worker, ProcessWorker) and worker.status in {"running", "starting"}:
            draft.want(f.EndProcess(worker.id, "shutdown"))
    return draft.decision(Until(lambda after: None if deletion.has_process(after) else {}))


def _rest(draft: Draft, worker: Worker) -> None:
    """An older greenroom left the conversation of a stopped session as one that runs."""
    if worker.status not in {"running", "starting"}:
        prompts.after_end(draft, worker.id, comes_back=False)
    elif isinstance(worker, ConversationWorker):
        workers.end(draft, worker, "stopped")


def boot(state: SessionState, given: Given) -> Decision:
    """The session's actor starts: go on where the journal ends."""
    draft = Draft(state, given)
    if state.deleted:
        draft.want(f.DisposeSession())
    elif state.deleting:
        for worker in state.record.workers:
            if isinstance(worker, ProcessWorker) and worker.status in {"running", "starting"}:
                draft.want(f.StartWorker(worker.id), f.EndProcess(worker.id, "stopped"))
        deletion.finish(draft)
    else:
        if state.record.desired == "stopped":  # one that came from the trash or from elsewhere
            conversation.interrupt(draft, all_open=True, reason="the session was stopped")
        for worker in state.record.workers:
            if state.record.desired == "stopped":
                _rest(draft, worker)
            processes.boot(draft, worker)
    return draft.decision()
