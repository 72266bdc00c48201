"""What must be so on this machine before a session may decide: directories, programs, workspaces.

Looks at the file system, so it is no decision; it changes nothing.
"""

import errno
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from actors.decisions import agents, workers
from actors.decisions.models import model_of
from actors.surroundings import Surroundings
from actors.workers.environment import without_secrets
from storage import attachments
from storage.data_dir import DEFAULT_WORKSPACE
from storage.records import request as r
from storage.records.config import SessionConfig
from storage.records.session import Session, WorktreeSession
from storage.records.worker import ConversationWorker, ProcessWorker
from storage.state import SessionState

SHOWN = 300
"""Characters of a path that a refusal repeats."""


def cannot_create(request: r.CreateSession, around: Surroundings) -> r.Refusal | None:
    """Why a session cannot be created as asked, or None."""
    workspace = DEFAULT_WORKSPACE if request.workspace is None else request.workspace
    names = _workspaces(around)
    if workspace not in names:
        known = ", ".join(names)
        text = f"there is no workspace {workspace}; these are: {known}"
        return r.Refusal(code="workspace-not-found", message=text, path="$.workspace")
    is_worktree = request.session_type == "worktree"
    field = "repository" if is_worktree else "location_path"
    place: str | None = getattr(request, field)
    if place is None:
        return None
    refusal = _bad_directory(place, f"$.{field}")
    if refusal:
        return refusal
    if request.prompt is not None and not _is_agent(request.worker):
        return _no_model(request.config, workspace, around)
    if request.worker is None:
        return None
    return _bad_command(request.worker, place, workspace, around)


def _is_agent(worker: r.CreateWorkerRequest | None) -> bool:
    return worker is not None and worker.type == "agent"


def cannot_run(request: r.OfSession, session: Session, around: Surroundings) -> r.Refusal | None:
    """The same for what is asked of a session that exists."""
    refusal = _no_attachment(request, session, around)
    if refusal:
        return refusal
    if isinstance(request, r.Request):
        asked = workers.addressee(SessionState(session=session), request)
        talks = any(isinstance(worker, ConversationWorker) for worker in session.workers)
        if not talks or isinstance(asked, (*ProcessWorker, r.Refusal)):
            return None
        return _no_model(session.config, session.workspace, around)
    if isinstance(request, r.CreateWorker) and request.worker.type != "conversation":
        refusal = _bad_place(session)
        return refusal or _bad_command(
            request.worker, session.location_path, session.workspace, around
        )
    if _starts(request) and _has_terminal(session):
        return _bad_place(session)
    return None


def _no_attachment(
    request: r.OfSession, session: Session, around: Surroundings
) -> r.Refusal | None:
    """What came from this session may be sent back by its name; nothing else has one here."""
    match request:
        case r.Request(content=content):
            path = "$.content"
        case r.AddMessage(message=r.NewMessage(content=content)):
            path = "$.message.content"
        case r.UpdateMessage(updates=updates):
            path, content = "$.updates.content", attachments.content_of(updates)
        case _:
            return None
    for name in () if isinstance(content, str) else attachments.named_in(content):
        if not attachments.is_there(around.data.session(session.workspace, session.id), name):
            text = f"this session has no attachment {name[:SHOWN]!r}: send what is in it instead"
            return r.Refusal(code="bad-request", message=text, path=path)
    return None


_STARTING = (r.StartSession, r.RestartSession, r.StartWorker, r.RestartWorker)


def _starts(request: r.OfSession) -> bool:
    match request:
        case r.UpdateSession(updates=updates):
            return updates.get("desired") == "run"
        case r.UpdateWorker(updates=updates):
            return updates.desired == "run"
        case _:
            return isinstance(request, _STARTING)


def _has_terminal(session: Session) -> bool:
    return any(isinstance(worker, ProcessWorker) for worker in session.workers)


def _workspaces(around: Surroundings) -> list[str]:
    """Those that are loaded, and those whose directory was made since."""
    try:
        return around.data.workspace_names()
    except OSError:  # no descriptor left to look with
        return list(around.index.projectors)


def _no_model(
    config: SessionConfig | None, workspace: str, around: Surroundings
) -> r.Refusal | None:
    """Why no request can succeed as things stand, known without asking anybody."""
    unreadable = around.workspaces.refusal(workspace)
    if unreadable:
        return unreadable
    settings = around.workspaces.settings(workspace)
    name, _ = model_of(config, settings)
    problem = around.models.problem(name, settings)
    return r.Refusal(code=problem.code, message=str(problem)) if problem else None


def _bad_place(session: Session) -> r.Refusal | None:
    """What brings a worktree back only git can tell, and git is not asked here."""
    place = session.location_path
    if isinstance(session, WorktreeSession) and _status(place) is None:
        text = f"{place[:SHOWN]} is not there; what brings it back: greenroom show {session.id}"
        return r.Refusal(code="bad-location", message=text)
    return _bad_directory(place, None)


def _bad_directory(text: str, where: str | None) -> r.Refusal | None:
    status = _status(text)
    if not text.startswith("/"):
        reason = "is not an absolute path"
    elif status is None:
        reason = "does not exist; create it first"
    elif not stat.S_ISDIR(status.st_mode):
        reason = "is not a directory"
    elif not os.access(text, os.R_OK | os.X_OK):
        reason = "may not be entered by this user"
    else:
        return None
    return r.Refusal(code="bad-location", message=f"{text[:SHOWN]} {reason}", path=where)


def _status(text: str) -> os.stat_result | None:
    """None for what cannot be looked at: missing, too long, with a NUL, behind a closed door."""
    with suppress(OSError, ValueError):
        return Path(text).stat()
    return None


def _bad_command(
    worker: r.CreateWorkerRequest, location: str, workspace: str, around: Surroundings
) -> r.Refusal | None:
    unreadable = around.workspaces.refusal(workspace) if worker.type == "agent" else None
    if unreadable:
        return unreadable
    program, advice = _program(worker, workspace, around)
    if program is None:
        return None
    search = (worker.env or {}).get("PATH", without_secrets(around.environ).get("PATH", os.defpath))
    place = os.path.join(location, program) if "/" in program else program  # noqa: PTH118 - keeps an absolute program as it is
    if "\0" in program or shutil.which(place, path=search) is None:
        number = errno.EACCES if "/" in program and _status(place) else errno.ENOENT
        return r.Refusal(
            code="spawn-failed",
            message=f"cannot start {program[:SHOWN]}: {os.strerror(number)}; {advice}",
            path="$.worker.agent" if worker.type == "agent" else "$.worker.command",
            data={"errno": number},
        )
    return None


def _program(
    worker: r.CreateWorkerRequest, workspace: str, around: Surroundings
) -> tuple[str | None, str]:
    """What is to be run, None where that is not known here; what to say when it is missing."""
    if worker.type == "terminal" and worker.command is not None:
        return worker.command[0], "nothing was created"
    if worker.type == "agent" and worker.agent is not None:
        known = agents.known(around.workspaces.settings(workspace)).get(worker.agent)
        if known:
            return known.command, f"nothing was created; {agents.how_to_get(known)}"
    return None, ""
