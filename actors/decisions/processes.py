"""PURE: what follows when something becomes of a worker's process."""

from actors.decisions import conversation
from actors.decisions.decision import Decision, Draft, Given
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import event as e
from storage.records.process import EndCause
from storage.records.request import Refusal
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
    if worker is None:
        return draft.decision()
    if isinstance(worker, ConversationWorker):
        if worker.status != "running":
            draft.add(e.WorkerStarted(worker.id, None))
        conversation.worker_up(draft)
    elif worker.status == "running":
        draft.want(f.AdoptProcess(worker.id))
    else:
        if worker.status != "starting":
            draft.add(e.WorkerStarting(worker.id, worker.restarts + 1))
        draft.want(f.StartProcess(worker.id))
    return draft.decision()


def boot(draft: Draft, worker: Worker) -> None:
    """The daemon starts: take over what may live, start what is due."""
    if not is_due(worker, session_runs=draft.state.record.desired == "run"):
        return
    if isinstance(worker, ProcessWorker) and worker.status not in {"running", "starting"}:
        lost = worker.exit is not None and worker.exit.cause in {"crashed", "lost"}
        draft.add(e.WorkerStarting(worker.id, worker.restarts + int(lost)))
    draft.want(f.StartWorker(worker.id))


def process_started(state: SessionState, outcome: o.ProcessStarted, given: Given) -> Decision:
    draft = Draft(state, given)
    worker = state.record.worker(outcome.worker_id)
    if worker is None:
        return draft.decision()
    if worker.process != outcome.process or worker.status != "running":
        draft.add(e.WorkerStarted(worker.id, outcome.process))
    if state.record.desired == "stopped" or worker.desired == "stopped":
        draft.want(f.EndProcess(worker.id, "stopped"))
    elif state.record.desired == "paused":
        draft.want(f.SignalProcess(worker.id, "STOP"))
    return draft.decision()


def process_not_started(
    state: SessionState, outcome: o.ProcessNotStarted, given: Given
) -> Decision:
    draft = Draft(state, given)
    if state.record.worker(outcome.worker_id):
        draft.add(e.WorkerEnded(outcome.worker_id, "stopped", error=outcome.message))
    return draft.decision()


def process_ended(state: SessionState, outcome: o.ProcessEnded, given: Given) -> Decision:
    """A process came to its end. Whether it comes back is the supervisor's to say, by policy."""
    draft = Draft(state, given)
    worker = state.record.worker(outcome.worker_id)
    if worker is not None and worker.id in state.doomed_workers:
        draft.add(e.WorkerDeleted(worker.id))
        draft.want(f.RemoveWorker(worker.id))
    elif worker is not None:
        _record_end(draft, worker, outcome)
    if outcome.epoch is not None:
        draft.want(f.TakeExit(outcome.worker_id, outcome.epoch))
    return draft.decision()


def _record_end(draft: Draft, worker: Worker, outcome: o.ProcessEnded) -> None:
    status = _STATUS_AFTER[outcome.exit.cause]
    draft.add(e.WorkerEnded(worker.id, status, outcome.exit, error=outcome.evidence))
    asked_to_start = worker.status == "starting" and worker.desired == "run"
    if asked_to_start and not draft.given.closing and draft.state.record.desired == "run":
        draft.add(e.WorkerStarting(worker.id, worker.restarts))
        draft.want(f.StartWorker(worker.id))


_STATUS_AFTER: dict[EndCause, WorkerStatus] = {
    "exited": "exited",
    "crashed": "exited",
    "lost": "lost",
    "stopped": "stopped",
    "shutdown": "stopped",
}


def gave_up(state: SessionState, outcome: o.WorkerGaveUp, given: Given) -> Decision:
    draft = Draft(state, given)
    if state.record.worker(outcome.worker_id):
        draft.add(e.WorkerEnded(outcome.worker_id, "quarantined", error=outcome.error))
    return draft.decision()


def input_typed(state: SessionState, outcome: o.InputTyped, given: Given) -> Decision:
    key = f"input:{outcome.worker_id}:{outcome.number}"
    return Decision(resolved={key: {"accepted": outcome.accepted}})


def input_refused(state: SessionState, outcome: o.InputRefused, given: Given) -> Decision:
    key = f"input:{outcome.worker_id}:{outcome.number}"
    return Decision(resolved={key: Refusal(code=outcome.code, message=outcome.message)})


def is_due(worker: Worker, *, session_runs: bool) -> bool:
    """Whether boot starts it (or takes its living process over).

    It does when session and worker are to run and the last end was our own shutdown, a crash or
    a loss under its policy, or none yet.
    """
    if isinstance(worker, ConversationWorker):
        return session_runs and worker.desired == "run"
    if worker.status in {"running", "starting"}:
        return True
    if not session_runs or worker.desired != "run" or worker.status == "quarantined":
        return False
    if worker.exit is None:
        return worker.last_error is None
    return comes_back(worker, worker.exit.cause)


def comes_back(worker: Worker, cause: EndCause) -> bool:
    """Whether a worker that is to run is started again after an end of this kind."""
    if worker.restart == "always":
        return True
    is_command = isinstance(worker, TerminalWorker) and worker.command is not None
    if is_command and not isinstance(worker, AgentWorker):
        return False
    if cause == "shutdown":
        return True
    return cause in {"crashed", "lost"} and worker.restart == "on-crash"
