"""Sessions whose journal cannot be read, or whose actor failed too often: what can be done still.

Ending is never refused: their terminals are ended and their files can be deleted. Nothing of that
can be recorded, so it is answered as not durable; a deletion is, once the files are in the trash.
A worktree stays where it is, for without a journal nobody could bring it back.
"""

from typing import TYPE_CHECKING, Any

from actors.decisions import deletion
from actors.messages import terminals as t
from actors.messages.session import Dispatch, Disposed
from actors.messages.supervision import Down, Quarantined, Stopped, Verdict
from storage.journal.frame import JournalEnd
from storage.records import request as r
from storage.records.request_kinds import is_ending

if TYPE_CHECKING:
    from actors.sessions.directory import Directory
    from actors.surroundings import Surroundings


def refusal(session_id: str, reason: str) -> r.Refusal:
    text = f"session {session_id} is quarantined: {reason}"
    return r.Refusal(code="session-quarantined", message=text)


def is_unreadable(down: Down) -> bool:
    """Whether its actor went down because its journal cannot be read."""
    return (down.error or "").startswith(("JournalCorrupt", "JournalTooNew", "JournalMissing"))


def note(around: "Surroundings", session_id: str, down: Down, verdict: Verdict) -> None:
    """Keep why its actor was given up, or that there is none to speak of any more."""
    if isinstance(verdict, Quarantined):
        around.index.given_up[session_id] = down.error or "its actor failed too often"
        around.store_changed()
    elif isinstance(verdict, Stopped):
        lift(around, session_id)


def lift(around: "Surroundings", session_id: str) -> None:
    """It has an actor again, or needs none."""
    if around.index.given_up.pop(session_id, None) is not None:
        around.store_changed()


def answer(directory: "Directory", session_id: str, reason: str, asked: Dispatch) -> None:
    """Do what ends something; refuse the rest, with the reason."""
    request = asked.request
    if isinstance(request, r.OfSession) and is_ending(request):
        _end(directory, session_id, request, asked)
    else:
        asked.reply.send(refusal(session_id, reason))


def _end(directory: "Directory", session_id: str, request: r.OfSession, asked: Dispatch) -> None:
    terminals = directory.around.terminals
    if isinstance(request, r.OfWorker):
        terminals.tell(t.EndTerminal(f"{session_id}/{_worker_id(directory, session_id, request)}"))
    elif isinstance(request, r.PauseSession):
        terminals.tell(t.SignalTerminalsOf(session_id, "SIGSTOP"))
    else:
        terminals.tell(t.EndTerminalsOf(session_id))
    if isinstance(request, r.DeleteSession):
        _delete(directory, session_id, asked)
        return
    text = (
        "its processes are being ended; that is not recorded while the session is quarantined:"
        " say it again once it is mended"
    )
    asked.reply.as_not_durable().send({"session_id": session_id, "note": text})


def _worker_id(directory: "Directory", session_id: str, request: r.OfWorker) -> str:
    entry = directory.entries.get(session_id)
    for worker in entry.session.workers if entry else ():
        if request.worker in {worker.id, worker.name}:
            return worker.id
    return request.worker


def _delete(directory: "Directory", session_id: str, asked: Dispatch) -> None:
    entry = directory.entries.get(session_id)
    workspace = entry.session.workspace if entry else _workspace_of(directory, session_id)
    end = entry.end if entry else JournalEnd(0, 0, "")
    directory.around.index.unreadable.pop(session_id, None)
    directory.around.store_changed()
    told = deletion.without_journal(entry.session if entry else None)
    directory.handle(Disposed(session_id, workspace, end, (asked.reply,), told))


def _workspace_of(directory: "Directory", session_id: str) -> Any:
    data = directory.around.data
    names = data.workspace_names()
    return next((n for n in names if data.session(n, session_id).exists()), names[0])
