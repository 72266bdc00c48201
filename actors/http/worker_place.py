"""Which worker a WebSocket is about, and where its terminal and its files are."""

from pathlib import Path

from msgspec import Struct

from actors.http.front import Front
from storage.records.request import Refusal
from storage.records.session import Session
from storage.records.worker import ProcessWorker, TerminalWorker


class WorkerPlace(Struct, frozen=True):
    """`key` names its terminal; `log` is the directory with its output, `images` that of what
    clients sent.
    """

    front: Front
    session_id: str
    worker_id: str
    data: Path
    log: Path
    images: Path

    @property
    def key(self) -> str:
        return f"{self.session_id}/{self.worker_id}"

    @property
    def session(self) -> Session | None:
        """Its durable record now; None once it is deleted."""
        return self.front.around.index.session(self.session_id)

    @property
    def worker(self) -> TerminalWorker | None:
        session = self.session
        worker = session.worker(self.worker_id) if session else None
        return worker if isinstance(worker, ProcessWorker) else None


async def find(front: Front, session: str, worker: str) -> WorkerPlace | Refusal:
    """`session` and `worker` as in any request. Refused, a conversation as `not-a-terminal`."""
    named = {"session": session, "worker": worker}
    answer = await front.ask({"type": "get-worker", **named})
    if answer.error is not None:
        return answer.error
    if not isinstance(answer.data, ProcessWorker):
        text = "it is a conversation and has no terminal; see its history, or send it a request"
        return Refusal(code="not-a-terminal", message=text)
    worker_id = answer.data.id
    answer = await front.ask({"type": "get-session", "session": session})
    if answer.error is not None or answer.data is None:
        text = f"Session not found with ID: {session}"
        return answer.error or Refusal(code="session-not-found", message=text)
    found: Session = answer.data
    data = front.around.data
    return WorkerPlace(
        front=front,
        session_id=found.id,
        worker_id=worker_id,
        data=data.root,
        log=data.terminal_log(found.workspace, found.id, worker_id),
        images=data.images(found.workspace, found.id),
    )
