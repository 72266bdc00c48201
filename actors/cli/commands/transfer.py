"""`export` and `import`: a session as one file, to keep it or to take it to another greenroom.

An export reads files alone, with or without a daemon, from the trash too; an import is asked of the
daemon, which unpacks the file itself.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command, accepted
from actors.cli.commands.trash import say_taken_in
from actors.cli.failures import CommandError, RefusedError
from actors.cli.phrases import size
from actors.cli.progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from storage.archive import Manifest


def _export(call: Call) -> int:
    reference = call.values["session"]
    directory, session_id, named = _source(call, reference)
    target = _target(call, session_id)
    manifest = _written(call, directory, target, named)
    told = {
        "session_id": manifest.session,
        "title": manifest.title,
        "workspace": manifest.workspace,
        "n": manifest.end.n,
        "file": str(target),
        "bytes": target.stat().st_size,
    }
    text = (
        f"{manifest.title} {manifest.session} is in {target} ({size(told['bytes'])});"
        " bring it in elsewhere with: greenroom import FILE"
    )
    return call.done(told, text)


def _source(call: Call, reference: str) -> tuple[Path, str, int]:
    """The session's directory, its id, and the highest number that anybody names of its journal."""
    from storage import evidence, stored_sessions, trash
    from storage.data_dir import DataDir
    from storage.records.request import Refusal

    if not Path(call.data).is_dir():
        raise CommandError(f"there is no directory {call.data}; name another with --data")
    data = DataDir(Path(call.data))
    found = stored_sessions.find(data, reference)
    if isinstance(found, stored_sessions.StoredSession):
        return found.directory, found.id, evidence.highest(data, found.workspace, found.id)
    shelved = trash.find(data, reference) if found.code == "session-not-found" else found
    if isinstance(shelved, Refusal):
        refusal = found if shelved.code == "session-not-found" else shelved
        raise _refused(refusal)
    return shelved.directory, shelved.id, shelved.n


def _refused(refusal: Any) -> RefusedError:
    from storage import codec

    error = codec.builtins(refusal)
    if refusal.code == "session-not-found":
        error["message"] += "; see what there is with: greenroom ls, greenroom trash"
    return RefusedError({"id": None, "type": "export", "ok": False, "error": error})


def _target(call: Call, session_id: str) -> Path:
    name = f"greenroom-{session_id}.tar.gz"
    target = Path(os.path.abspath(call.values["output"] or name))  # noqa: PTH100 - keeps a link as it is
    if target.is_dir():
        target /= name
    if not target.parent.is_dir():
        raise CommandError(f"{target.parent} is no directory; make it, or name another with -o")
    return target


def _written(call: Call, directory: Path, target: Path, named: int) -> Manifest:
    from actors.cli.main import version
    from storage import exported
    from storage.errors import StorageError

    progress = Progress(call.console, "bytes")
    try:
        return exported.export(
            directory,
            target,
            named_elsewhere=named,
            version=version(),
            at=datetime.now(UTC),
            overwrite=call.values["force"],
            progress=progress.show,
        )
    except FileExistsError:
        text = f"{target} is there already; name another with -o, or overwrite it with --force"
        raise CommandError(text, code="file-exists") from None
    except StorageError as error:
        raise CommandError(str(error), code=error.code) from None
    finally:
        progress.end()


def _import(call: Call) -> int:
    path = os.path.abspath(call.values["file"])  # noqa: PTH100 - as above
    if not os.path.exists(path):  # noqa: PTH110 - as above
        raise CommandError(f"{path} does not exist; write one with: greenroom export SESSION")
    request: dict[str, Any] = {"type": "import-session", "path": path}
    if call.values["workspace"] is not None:
        request["workspace"] = call.values["workspace"]
    with call.connect("import-session") as connection:
        answer = accepted(connection.ask(request, timeout_seconds=None))
    session = call.found(answer, path)
    if session is None:
        return FAILED
    say_taken_in(call, session, f"is here, in workspace {session.get('workspace')}")
    return DONE


COMMANDS = {
    "export": Command(
        _export,
        Spec(
            ["SESSION"],
            [
                Option("--output", "the file to write, or a directory", metavar="FILE", short="-o"),
                Option("--force", "overwrite the file", short="-f"),
            ],
        ),
        (
            "greenroom export 'Fix the login'",
            "greenroom export k3v5 -o /media/stick/",
            "In it: the journal, attachments, terminal output; not the files it worked on.",
        ),
    ),
    "import": Command(
        _import,
        Spec(
            ["FILE"],
            [
                Option(
                    "--workspace",
                    "where it is to be (else: the workspace of the same name)",
                    metavar="NAME",
                    short="-w",
                )
            ],
        ),
        (
            "greenroom import greenroom-k3v5w2hq7abc.tar.gz",
            "greenroom import greenroom-k3v5w2hq7abc.tar.gz --workspace default",
            "It comes stopped; nothing of it runs before you start it.",
        ),
    ),
}
