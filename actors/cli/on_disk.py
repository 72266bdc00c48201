"""A session that was named on the command line, found among the files: in its place, or deleted.

With or without a daemon, and damaged ones too. Reads only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from actors.cli.failures import CommandError, RefusedError

if TYPE_CHECKING:
    from actors.cli.command import Call
    from storage.records.request import Refusal
    from storage.records.session import Session


class OnDisk(NamedTuple):
    """`named`: the highest number that anybody names of its journal. `name`: its own in the trash,
    elsewhere its id. `record`: what `sessions.json` says of it, None if that says nothing.
    """

    workspace: str
    id: str
    name: str
    directory: Path
    named: int
    record: Session | None

    @property
    def is_deleted(self) -> bool:
        return self.name != self.id


def session_on_disk(call: Call, reference: str) -> OnDisk:
    """By id, the beginning of one, title, or name in the trash. CommandError, RefusedError."""
    from storage import evidence, stored_sessions, trash
    from storage.data_dir import DataDir
    from storage.records.request import Refusal

    if not Path(call.data).is_dir():
        raise CommandError(f"there is no directory {call.data}; name another with --data")
    data = DataDir(Path(call.data))
    found = stored_sessions.find(data, reference)
    if isinstance(found, stored_sessions.StoredSession):
        named = evidence.highest(data, found.workspace, found.id)
        record = found.known[0] if found.known else None
        return OnDisk(found.workspace, found.id, found.id, found.directory, named, record)
    shelved = trash.find(data, reference) if found.code == "session-not-found" else found
    if isinstance(shelved, Refusal):
        raise _refused(call, found if shelved.code == "session-not-found" else shelved)
    return OnDisk(shelved.workspace, shelved.id, shelved.name, shelved.directory, shelved.n, None)


def _refused(call: Call, refusal: Refusal) -> RefusedError:
    from storage import codec

    error = codec.builtins(refusal)
    if refusal.code == "session-not-found":
        error["message"] += "; see what there is with: greenroom ls, greenroom trash"
    return RefusedError({"id": None, "type": call.name, "ok": False, "error": error})
