"""PURE: what follows when something becomes of a worker's process."""

from actors.decisions import agents, conversation, prompts
from actors.decisions.decision import DISPOSAL, THE_HOST, Decision, Draft, Given
from actors.messages import effects as f
from actors.messages import outcomes as o
from actors.messages.terminals import HOST_SILENT
from storage.records import event as e
from storage.records.process import EndCause
from storage.records.request import Refusal
from storage.records.session import Session
from storage.records.worker import (
    AgentWorker,
    ConversationWorker,
    ProcessWorker,
    TerminalWorker,
    Worker,
    WorkerStatus,
)
from storage.state import SessionState


def worker_up(state: SessionState, outcome: o.WorkerUp, given: Given) -> Decision:
    """The worker's actor runs: its process is adopted if one may live, else started."""
    draft = Draft(state, given)
    worker = state.record.worker(outcome.worker_id)
    if worker is None or state.deleted:
        return draft.decision()
    if isinstance(worker, ConversationWorker):
        if not _is_wanted(state, worker):
            return draft.decision()
        if worker.status != "running":
            draft.add(e.WorkerStarted(worker.id, None))
        conversation.worker_up(draft)
    elif worker.status == "running":
        draft.want(f.AdoptProcess(worker.id))
    elif not _is_wanted(state, worker) or given.closing:
        if worker.status == "starting":  # one may live; it is ended as soon as that is known
            draft.want(f.AdoptProcess(worker.id))
    else:
        if worker.status != "starting":
            draft.add(e.WorkerStarting(worker.id, worker.restarts + 1))
        _start(draft, worker)
    return draft.decision()


def _start(draft: Draft, worker: Worker) -> None:
    if isinstance(worker, AgentWorker) and not agents.prepare(draft, worker.id):
        text = f"nobody knows what the agent {worker.agent} is; start it by name"
        draft.add(e.WorkerEnded(worker.id, "stopped", error=text))
        return
    draft.want(f.StartProcess(worker.id))


def _is_wanted(state: SessionState, worker: Worker) -> bool:
    """Whether it is to have a process; in a paused session it has one that is held."""
    is_ending = state.deleting or worker.id in state.doomed_workers
    return not is_ending and worker.desired == "run" and state.record.desired != "stopped"


def boot(draft: Draft, worker: Worker) -> None:
    """The daemon starts: take over what may live, start what is due."""
    if not is_due(worker, session_runs=draft.state.record.desired == "run"):
        return
    if isinstance(worker, ProcessWorker) and worker.status not in {"running", "starting"}:
        lost = worker.exit is not None and worker.exit.cause in {"crashed", "lost", "limit"}
        draft.add(e.WorkerStarting(worker.id, worker.restarts + int(lost)))
    elif worker.status == "starting" and _is_run_once(worker):
        draft.add(e.WorkerStarted(worker.id, None))  # it may have been: look for it, start nothing
    draft.want(f.StartWorker(worker.id))


def process_started(state: SessionState, outcome: o.ProcessStarted, given: Given) -> Decision:
    draft = Draft(state, given)
    worker = state.record.worker(outcome.worker_id)
    if worker is None:
        return draft.decision()
    is_known = worker.process == outcome.process and worker.status == "running"
    if not is_known and not state.deleted:
        draft.add(e.WorkerStarted(worker.id, outcome.process))
        agents.ran(draft, worker.id)
    if not _is_wanted(state, worker):
        draft.want(f.EndProcess(worker.id, "stopped"))
    elif state.record.desired == "paused":
        draft.want(f.SignalProcess(worker.id, "STOP"))
    else:
        prompts.next_due(draft, worker.id)
    return draft.decision()


def process_not_started(
    state: SessionState, outcome: o.ProcessNotStarted, given: Given
) -> Decision:
    draft = Draft(state, given)
    worker = state.record.worker(outcome.worker_id)
    if worker is not None:
        number = f" (errno {outcome.errno})" if outcome.errno else ""
        error = outcome.message + number + _advice(worker)
        _end(draft, worker, e.WorkerEnded(worker.id, "stopped", error=error))
        prompts.after_end(draft, worker.id, comes_back=False)
    return draft.decision()


def _advice(worker: Worker) -> str:
    definition = worker.definition if isinstance(worker, AgentWorker) else None
    return f"; {agents.how_to_get(definition)}" if definition else ""


def _end(draft: Draft, worker: Worker, ended: e.WorkerEnded) -> None:
    """One that is being deleted goes with its process."""
    if worker.id in draft.state.doomed_workers:
        draft.add(e.WorkerDeleted(worker.id))
        draft.want(f.RemoveWorker(worker.id))
    elif not draft.state.deleted:
        draft.add(ended)


def process_ended(state: SessionState, outcome: o.ProcessEnded, given: Given) -> Decision:
    """A process came to its end. Whether it comes back is the supervisor's to say, by policy."""
    draft = Draft(state, given)
    worker = state.record.worker(outcome.worker_id)
    if worker is not None:
        if outcome.passed is not None and not state.deleted:
            draft.add(outcome.passed)
        _record_end(draft, worker, outcome)
    if outcome.epoch is not None:
        draft.want(f.TakeExit(outcome.worker_id, outcome.epoch))
    return draft.decision()


def _record_end(draft: Draft, worker: Worker, outcome: o.ProcessEnded) -> None:
    status = _STATUS_AFTER[outcome.exit.cause]
    asked_to_start = worker.status == "starting" and _is_wanted(draft.state, worker)
    _end(draft, worker, e.WorkerEnded(worker.id, status, outcome.exit, error=outcome.evidence))
    if not draft.state.deleted:
        agents.ended(draft, outcome)
        comes_again = asked_to_start or _comes_again(draft.state, worker, outcome.exit.cause)
        prompts.after_end(draft, worker.id, comes_back=comes_again)
    if asked_to_start and not draft.given.closing and draft.state.record.desired == "run":
        draft.add(e.WorkerStarting(worker.id, worker.restarts))
        draft.want(f.StartWorker(worker.id))


def _comes_again(state: SessionState, worker: Worker, cause: EndCause) -> bool:
    return _is_wanted(state, worker) and comes_back(worker, cause)


_STATUS_AFTER: dict[EndCause, WorkerStatus] = {
    "exited": "exited",
    "crashed": "exited",
    "lost": "lost",
    "stopped": "stopped",
    "shutdown": "stopped",
    "limit": "exited",
}


def gave_up(state: SessionState, outcome: o.WorkerGaveUp, given: Given) -> Decision:
    """What its process said last is kept: it tells more than the actor's own error."""
    draft = Draft(state, given)
    worker = state.record.worker(outcome.worker_id)
    if worker is None:
        return draft.decision()
    error = worker.last_error or outcome.error
    if isinstance(worker, ConversationWorker):
        conversation.gave_up(draft, error)
    elif worker.status in {"running", "starting"}:
        draft.want(f.EndProcess(worker.id, "stopped"))
    _end(draft, worker, e.WorkerEnded(worker.id, "quarantined", error=error))
    prompts.after_end(draft, worker.id, comes_back=False)
    return draft.decision()


def input_typed(state: SessionState, outcome: o.InputTyped, given: Given) -> Decision:
    key = f"input:{outcome.worker_id}:{outcome.number}"
    return Decision(resolved={key: {"accepted": outcome.accepted}})


def input_refused(state: SessionState, outcome: o.InputRefused, given: Given) -> Decision:
    key = f"input:{outcome.worker_id}:{outcome.number}"
    return Decision(resolved={key: Refusal(code=outcome.code, message=outcome.message)})


def host_silent(state: SessionState, outcome: o.HostSilent, given: Given) -> Decision:
    """Who waits is told so, and what was asked for goes on as soon as the host does."""
    text = f"{outcome.problem}. What you asked for is recorded, and done when the host goes on"
    refusal = Refusal(code=HOST_SILENT, message=text)
    return Decision(resolved={THE_HOST: refusal, DISPOSAL: refusal})


def is_due(worker: Worker, *, session_runs: bool) -> bool:
    """Whether boot starts it (or takes its living process over).

    It does when session and worker are to run and the last end was our own shutdown, a crash or
    a loss under its policy, or none yet.
    """
    if isinstance(worker, ConversationWorker):
        return session_runs and worker.desired == "run" and worker.status != "quarantined"
    if worker.status in {"running", "starting"}:
        return True
    if (
        not can_run(worker)
        or not session_runs
        or worker.desired != "run"
        or worker.status == "quarantined"
    ):
        return False
    if worker.exit is None:
        return worker.last_error is None
    return comes_back(worker, worker.exit.cause)


def goes_on(session: Session) -> bool:
    """Whether there is anything that a start of greenroom takes up in it."""
    if session.open_requests or session.permissions:
        return True
    return any(
        isinstance(worker, ProcessWorker)
        and (
            worker.status in {"running", "starting"}
            or is_due(worker, session_runs=session.desired == "run")
        )
        for worker in session.workers
    )


def can_run(worker: Worker) -> bool:
    """Whether there is a program for it: one that was taken over has none until it is started."""
    return not isinstance(worker, AgentWorker) or worker.definition is not None


def comes_back(worker: Worker, cause: EndCause) -> bool:
    """Whether a worker that is to run is started again after an end of this kind."""
    if worker.restart == "always":
        return True
    if _is_run_once(worker):
        return cause in {"crashed", "limit"} and worker.restart == "on-crash"
    if cause == "shutdown":
        return True
    return cause in {"crashed", "lost", "limit"} and worker.restart == "on-crash"


def _is_run_once(worker: Worker) -> bool:
    """A command may not be repeatable: nobody runs it again who does not know how it ended."""
    is_command = isinstance(worker, TerminalWorker) and worker.command is not None
    return is_command and not isinstance(worker, AgentWorker) and worker.restart != "always"


def is_taken_up(worker: Worker) -> bool:
    """Whether it starts when its session is to run again: what boot would start, and what the user
    had stopped, or never let start.
    """
    if not can_run(worker) or worker.desired != "run" or worker.status == "quarantined":
        return False
    by_shutdown = worker.exit is not None and worker.exit.cause == "shutdown"
    by_user = worker.status == "stopped" and not by_shutdown
    return by_user or is_due(worker, session_runs=True)
