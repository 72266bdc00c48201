"""PURE: what is done before its line is written, when the store refuses lines.

Ending things is never refused. What starts or goes on with something waits until it is recorded.
"""

from actors.messages import effects as f
from storage.records.session import Session
from storage.records.worker import ProcessWorker

_ENDING = (
    f.EndProcess,
    f.EndServer,
    f.RemoveWorker,
    f.SignalProcess,
    f.AdoptProcess,
    f.CancelResponse,
    f.DisposeSession,
)


def is_done_first(effect: f.Effect, session: Session) -> bool:
    """An end, or taking over what runs already: without that nobody could end it."""
    if isinstance(effect, f.StartWorker):
        worker = session.worker(effect.worker_id)
        return isinstance(worker, ProcessWorker) and worker.status == "running"
    return isinstance(effect, _ENDING)
