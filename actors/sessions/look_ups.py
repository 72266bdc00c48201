"""Requests that need no session's actor: answered from the durable records and from files."""

from typing import TYPE_CHECKING, Any

from actors.decisions import workers
from actors.messages.session import Reply
from actors.terminals.look import look, terminal_size
from storage import output_log
from storage.records import request as r
from storage.records.session import Session, session_info
from storage.records.worker import ProcessWorker, TerminalWorker
from storage.state import SessionState

if TYPE_CHECKING:
    from actors.sessions.directory import Directory

OUTPUT_LIMIT_BYTES = 256 * 1024

_ANSWERED = (r.GetSession, r.ListSessions, r.GetWorker, r.ListWorkers, r.GetOutput, r.GetScreen)


class LookUps:
    """Part of the directory; used in its thread where nothing else is said."""

    def __init__(self, directory: "Directory") -> None:
        self._directory = directory

    def answers(self, request: r.RequestBase) -> bool:
        return isinstance(request, _ANSWERED)

    def answer(self, request: r.RequestBase, reply: Reply) -> None:
        match request:
            case r.ListSessions():
                ordered = sorted(
                    (entry.session for entry in self._directory.entries.values()),
                    key=lambda session: (session.created_at, session.id),
                )
                reply.send({"sessions": [session_info(session) for session in ordered]})
            case r.OfSession():
                session = self._session(request.session)
                if isinstance(session, Session):
                    self.answer_of(session, request, reply)
                elif isinstance(request, r.GetSession) and session.code == "session-not-found":
                    reply.send(None)
                else:
                    reply.send(session)
            case _:
                raise TypeError(f"no look-up: {type(request).__name__}")

    def _session(self, reference: str) -> Session | r.Refusal:
        found = self._directory.resolve(reference)
        return self._directory.known(found) if isinstance(found, str) else found

    def answer_of(self, session: Session, request: r.OfSession, reply: Reply) -> None:
        """From this record of its session; from any thread."""
        match request:
            case r.GetSession():
                reply.send(session)
            case r.ListWorkers():
                reply.send({"workers": list(session.workers)})
            case r.GetWorker():
                reply.send(workers.find(SessionState(session=session), request.worker))
            case r.GetOutput() | r.GetScreen():
                worker = workers.find(SessionState(session=session), request.worker)
                if isinstance(worker, r.Refusal):
                    reply.send(worker)
                elif not isinstance(worker, ProcessWorker):
                    text = f"worker {worker.name} is a conversation; see its history instead"
                    reply.send(r.Refusal(code="not-a-terminal", message=text))
                else:
                    pool = self._directory.around.recording.pool
                    pool.submit(self._shown, session, worker, request, reply)

    def _shown(
        self,
        session: Session,
        worker: TerminalWorker,
        request: r.GetOutput | r.GetScreen,
        reply: Reply,
    ) -> None:
        data = self._directory.around.data
        log = data.terminal_log(session.workspace, session.id, worker.id)
        try:
            if isinstance(request, r.GetScreen):
                size = terminal_size(data.root, f"{session.id}/{worker.id}", worker)
                reply.send(look(log, *size))
            else:
                start, limit = request.from_, OUTPUT_LIMIT_BYTES
                piece = output_log.read(log, epoch=request.epoch, start=start, limit=limit)
                reply.send(_as_answer(piece))
        except OSError as error:
            reply.send(r.Refusal(code="output-unavailable", message=f"no output yet: {error}"))


def _as_answer(piece: output_log.OutputSlice) -> dict[str, Any]:
    return {
        "data": piece.data.decode(errors="replace"),
        "start": piece.start,
        "next": piece.next,
        "end": piece.end,
        "epoch": piece.epoch,
        "epochs": list(piece.epochs),
    }
