"""What must be so on this machine before a session may decide: directories, programs, workspaces.

Looks at the file system, so it is no decision; it changes nothing.
"""

import errno
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from actors.surroundings import Surroundings
from actors.workers.environment import without_secrets
from storage.records import request as r
from storage.records.session import Session

SHOWN = 300
"""Characters of a path that a refusal repeats."""


def cannot_create(request: r.CreateSession, around: Surroundings) -> r.Refusal | None:
    """Why a session cannot be created as asked, or None."""
    workspace = request.workspace or "default"
    if workspace not in around.data.workspace_names():
        known = ", ".join(around.data.workspace_names())
        text = f"there is no workspace {workspace}; these are: {known}"
        return r.Refusal(code="workspace-not-found", message=text, path="$.workspace")
    if request.location_path is None:
        return None
    refusal = _bad_directory(request.location_path, "$.location_path")
    if refusal or request.worker is None:
        return refusal
    return _bad_command(request.worker, request.location_path, around)


def cannot_run(request: r.OfSession, session: Session, around: Surroundings) -> r.Refusal | None:
    """The same for what is asked of a session that exists."""
    if not isinstance(request, r.CreateWorker) or request.worker.type == "conversation":
        return None
    refusal = _bad_directory(session.location_path, None)
    return refusal or _bad_command(request.worker, session.location_path, around)


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
    worker: r.CreateWorkerRequest, location: str, around: Surroundings
) -> r.Refusal | None:
    if worker.type == "conversation" or worker.command is None:
        return None
    program = worker.command[0]
    search = (worker.env or {}).get("PATH", without_secrets(around.environ).get("PATH", os.defpath))
    place = os.path.join(location, program) if "/" in program else program  # noqa: PTH118 - keeps an absolute program as it is
    if "\0" in program or shutil.which(place, path=search) is None:
        number = errno.EACCES if "/" in program and _status(place) else errno.ENOENT
        return r.Refusal(
            code="spawn-failed",
            message=f"cannot start {program[:SHOWN]}: {os.strerror(number)}; nothing was created",
            path="$.worker.command",
            data={"errno": number},
        )
    return None
