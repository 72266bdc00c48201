"""Requests that need no session's actor: answered from the durable records and from files."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.decisions import agents, budget_view, permission_asks, workers
from actors.decisions.parents import line_of
from actors.decisions.session_activity import session_activity
from actors.messages.session import Reply
from actors.sessions.worktrees_shown import tell_diff, tell_listing, tell_look
from actors.terminals.look import look, terminal_size
from storage import output_log
from storage.data_dir import DEFAULT_WORKSPACE
from storage.records import request as r
from storage.records.session import Session, SessionInfo, session_info
from storage.records.worker import ProcessWorker, TerminalWorker
from storage.state import SessionState

if TYPE_CHECKING:
    from actors.sessions.directory import Directory

_ANSWERED = (
    r.GetSession,
    r.GetBudget,
    r.GetWorktree,
    r.GetDiff,
    r.ListSessions,
    r.GetWorker,
    r.ListWorkers,
    r.GetOutput,
    r.GetScreen,
    r.ListAgents,
    r.ListPermissions,
    r.ListTimers,
)


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
                around, listed = self._directory.around, self._listed(ordered)
                around.recording.pool.submit(tell_listing, around, ordered, listed, reply)
            case r.ListAgents():
                reply.send(self._agents(request.workspace or DEFAULT_WORKSPACE))
            case r.ListPermissions():
                reply.send(self._permissions(request.session))
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

    def _listed(self, sessions: list[Session]) -> list[SessionInfo]:
        known = self._directory.around.activities
        given_up = self._directory.around.index.quarantined()
        return [
            session_info(one, session_activity(one, known), is_quarantined=one.id in given_up)
            for one in sessions
        ]

    def _permissions(self, reference: str | None) -> dict[str, Any] | r.Refusal:
        of = self._directory.resolve(reference) if reference is not None else None
        if isinstance(of, r.Refusal):
            return of
        given_up = self._directory.around.index.quarantined()  # nobody can answer there
        sessions = {
            key: entry.session
            for key, entry in self._directory.entries.items()
            if key not in given_up
        }
        left = self._directory.around.seconds_left()
        return {"permissions": permission_asks.listed(sessions, left, of)}

    def _agents(self, workspace: str) -> dict[str, Any] | r.Refusal:
        around = self._directory.around
        if workspace not in around.data.workspace_names():
            known = ", ".join(around.data.workspace_names())
            text = f"there is no workspace {workspace!r}; these are: {known}"
            return r.Refusal(code="workspace-not-found", message=text, path="$.workspace")
        unreadable = around.workspaces.refusal(workspace)
        if unreadable:
            return unreadable
        path = around.environ.get("PATH")
        settings = around.workspaces.settings(workspace)
        which = agents.described(settings, lambda command: shutil.which(command, path=path))
        return {"agents": which}

    def _session(self, reference: str) -> Session | r.Refusal:
        found = self._directory.resolve(reference)
        return self._directory.known(found) if isinstance(found, str) else found

    def answer_of(self, session: Session, request: r.OfSession, reply: Reply) -> None:
        """From this record of its session; from any thread."""
        match request:
            case r.GetSession():
                reply.send(session)
            case r.GetBudget():
                reply.send(self._budget(session))
            case r.GetWorktree():
                tell_look(self._directory.around, session, reply)
            case r.GetDiff():
                tell_diff(self._directory.around, session, request, reply)
            case r.ListWorkers():
                reply.send({"workers": list(session.workers)})
            case r.ListTimers():
                reply.send({"timers": list(session.timers)})
            case r.GetWorker():
                reply.send(workers.find(SessionState(session=session), request.worker))
            case r.GetOutput() | r.GetScreen():
                self._tell_shown(session, request, reply)

    def _tell_shown(
        self, session: Session, request: r.GetOutput | r.GetScreen, reply: Reply
    ) -> None:
        worker = workers.find(SessionState(session=session), request.worker)
        if isinstance(worker, r.Refusal):
            reply.send(worker)
        elif not isinstance(worker, ProcessWorker):
            text = f"worker {worker.name} is a conversation; see its history instead"
            reply.send(r.Refusal(code="not-a-terminal", message=text))
        else:
            pool = self._directory.around.recording.pool
            pool.submit(self._shown, session, worker, request, reply)

    def _budget(self, session: Session) -> dict[str, Any] | r.Refusal:
        around = self._directory.around
        line = line_of(session, around.index.session)
        unreadable = filter(None, (around.workspaces.refusal(each.workspace) for each in line))
        if refusal := next(unreadable, None):
            return refusal
        return budget_view.in_full(
            [(each, around.workspaces.settings(each.workspace)) for each in line]
        )

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
                reply.send(_output(log, request))
        except OSError as error:
            reply.send(r.Refusal(code="output-unavailable", message=f"no output yet: {error}"))


def _output(log: Path, request: r.GetOutput) -> dict[str, Any] | r.Refusal:
    epoch, limit = request.epoch, request.limit
    if request.before is None and request.lines is None:
        piece = output_log.read(log, epoch=epoch, start=request.from_, limit=limit)
    elif request.from_:
        text = "from reads onwards, before and lines backwards; say one of them"
        return r.Refusal(code="bad-request", message=text, path="$.from")
    else:
        piece = output_log.page_before(log, epoch=epoch, before=request.before, limit=limit)
        piece = output_log.last_lines(piece, request.lines)
    if epoch is not None and epoch not in piece.epochs:
        kept = ", ".join(str(each) for each in piece.epochs) or "none"
        text = f"there is no output of epoch {epoch}; there is of: {kept}"
        return r.Refusal(code="epoch-not-found", message=text, path="$.epoch")
    return _as_answer(piece)


def _as_answer(piece: output_log.OutputSlice) -> dict[str, Any]:
    return {
        "data": piece.data.decode(errors="replace"),
        "start": piece.start,
        "next": piece.next,
        "end": piece.end,
        "epoch": piece.epoch,
        "epochs": list(piece.epochs),
    }
