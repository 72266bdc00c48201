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
from actors.cli.failures import CommandError
from actors.cli.on_disk import OnDisk, session_on_disk
from actors.cli.phrases import size
from actors.cli.progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from storage.archive import Manifest


def _export(call: Call) -> int:
    reference = call.values["session"]
    source = session_on_disk(call, reference)
    target = _target(call, source.id)
    manifest = _written(call, source, target)
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


def _target(call: Call, session_id: str) -> Path:
    name = f"greenroom-{session_id}.tar.gz"
    target = Path(os.path.abspath(call.values["output"] or name))  # noqa: PTH100 - keeps a link as it is
    if target.is_dir():
        target /= name
    if not target.parent.is_dir():
        raise CommandError(f"{target.parent} is no directory; make it, or name another with -o")
    return target


def _written(call: Call, source: OnDisk, target: Path) -> Manifest:
    from actors.cli.main import version
    from storage import exported
    from storage.errors import JournalMissing, StorageError

    progress = Progress(call.console, "bytes")
    try:
        return exported.export(
            source.directory,
            target,
            named_elsewhere=source.named,
            version=version(),
            at=datetime.now(UTC),
            overwrite=call.values["force"],
            progress=progress.show,
        )
    except FileExistsError:
        text = f"{target} is there already; name another with -o, or overwrite it with --force"
        raise CommandError(text, code="file-exists") from None
    except StorageError as error:
        text = str(error)
        if isinstance(error, JournalMissing) and not source.directory.exists():
            text = f"{source.name} was moved while it was read; export it again"
        raise CommandError(text, code=error.code) from None
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
