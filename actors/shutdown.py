"""Ends every worker's process, journaled as our own doing, what they left behind, and the host."""

import logging
import threading

from actors.decisions import processes
from actors.messages.orphans import Sweep
from actors.messages.session import Dispatch, Reply, ShutDown
from actors.messages.terminals import EndHost
from actors.surroundings import Surroundings
from storage.records.session import Session
from storage.records.worker import ProcessWorker

_log = logging.getLogger(__name__)

WORKERS_SECONDS = 15.0
"""A process gets 2 s after SIGTERM; many at once on a busy machine get longer."""
SWEEP_SECONDS = 12.0
"""What left its worker's process session gets 2 s after SIGTERM, too; a busy machine needs more."""
HOST_SECONDS = 10.0
"""What ignores HUP and TERM is killed after 2 s; what is left then is the host's own end."""


def end_terminals(around: Surroundings) -> None:
    """Returns when all have ended, or the time has run out; those are ended by the host."""
    waiting = [session for session in around.index.sessions() if _may_have_process(session)]
    ended = threading.Semaphore(0)
    for session in waiting:
        reply = Reply(lambda _: ended.release())
        around.directory.tell(Dispatch(ShutDown(session=session.id), reply))
    for session in waiting:
        if not ended.acquire(timeout=WORKERS_SECONDS):
            _log.error("the workers of session %s did not end in time", session.id)
            break
    swept = threading.Event()
    if waiting and around.orphans.tell(Sweep(lambda _: swept.set())):
        swept.wait(SWEEP_SECONDS)
    gone = threading.Event()
    if around.terminals.tell(EndHost(gone.set)) and not gone.wait(HOST_SECONDS):
        _log.error("the terminal host did not end in time")


def _may_have_process(session: Session) -> bool:
    """Also one that waits for its restart: it must not start while the others end."""
    return any(
        isinstance(worker, ProcessWorker)
        and processes.is_due(worker, session_runs=session.desired == "run")
        for worker in session.workers
    )
