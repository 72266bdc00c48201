"""`salvage`: takes what is whole out of a session's damaged journal, and puts it in place.

Works on the files alone. Without `--install` it only writes a new file beside the journal.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import Call, Command
from actors.cli.failures import DONE, CommandError
from actors.cli.progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.data_dir import DataDir
    from storage.journal.pieces import Lost
    from storage.journal.salvage import Salvaged

SHORTEST_BEGINNING = 4


def _salvage(call: Call) -> int:
    from storage.data_dir import DataDir
    from storage.errors import StorageError

    data = DataDir(Path(call.data))
    workspace, directory = _found(call, data, call.values["session"])
    damaged: Path | None = None
    try:
        with _held(data) if call.values["install"] else _left_alone():
            salvaged = _taken_out(call, data, workspace, directory)
            if call.values["install"]:
                damaged = _installed(directory, salvaged)
    except StorageError as error:
        raise CommandError(str(error), code=error.code) from None
    if call.console.json:
        answer = {"id": None, "type": "salvage", "ok": True}
        call.console.value({**answer, "data": _answer(workspace, directory, salvaged, damaged)})
    for text in _lines(f"{workspace}/{directory.name}", directory, salvaged, damaged):
        call.console.line(text)
    return DONE


def _found(call: Call, data: DataDir, reference: str) -> tuple[str, Path]:
    """The session's workspace and directory, by its id, the beginning of one, or its title."""
    places = {
        path.name: (workspace, path)
        for workspace in data.workspace_names()
        if data.sessions(workspace).is_dir()
        for path in sorted(data.sessions(workspace).iterdir())
        if path.is_dir()
    }
    ids = [reference] if reference in places else []
    if not ids and len(reference) >= SHORTEST_BEGINNING:
        ids = [name for name in places if name.startswith(reference)]
    ids = ids or [name for name in _titled(call, reference) if name in places]
    if len(ids) > 1:
        text = f"{reference!r} means several sessions: {', '.join(ids)}; name one by its id"
        raise CommandError(text, code="ambiguous")
    if not ids:
        text = f"session {reference!r} not found in {call.data}; see what there is with: greenroom"
        raise CommandError(f"{text} verify", code="session-not-found")
    return places[ids[0]]


def _titled(call: Call, title: str) -> list[str]:
    from actors.cli.stored_status import stored_status

    return [each["id"] for each in stored_status(call.data)["sessions"] if each["title"] == title]


@contextmanager
def _held(data: DataDir) -> Iterator[None]:
    """Nobody else has the data directory meanwhile."""
    lock = data.lock()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _left_alone() -> Iterator[None]:
    yield


def _taken_out(call: Call, data: DataDir, workspace: str, directory: Path) -> Salvaged:
    from storage import evidence
    from storage.journal.log import size_bytes
    from storage.journal.salvage import salvage

    named = evidence.highest(data, workspace, directory.name)
    total = size_bytes(directory) or 0
    progress = Progress(call.console, "bytes")
    try:
        at = datetime.now(UTC)
        return salvage(directory, at, named, lambda done: progress.show(done, total))
    finally:
        progress.end()


def _installed(directory: Path, salvaged: Salvaged) -> Path | None:
    from storage.journal.salvage import install

    return install(directory, salvaged)


def _answer(
    workspace: str, directory: Path, salvaged: Salvaged, damaged: Path | None
) -> dict[str, Any]:
    from storage import codec
    from storage.journal.log import NAME

    return {
        "workspace": workspace,
        "session_id": directory.name,
        "path": str(directory / NAME if damaged else salvaged.path),
        "kept": salvaged.kept,
        "n": salvaged.end.n,
        "lost": codec.builtins(salvaged.lost),
        "installed": damaged is not None,
        "damaged": str(damaged) if damaged else None,
    }


def _lines(name: str, directory: Path, salvaged: Salvaged, damaged: Path | None) -> Iterator[str]:
    if not salvaged.lost:
        yield f"{name}  whole to number {salvaged.end.n}: there is nothing to salvage"
        return
    yield f"{name}  kept {salvaged.kept} commits, up to number {salvaged.end.n}"
    yield from (_loss(lost) for lost in salvaged.lost)
    if damaged is None:
        yield f"nothing was changed; what was kept is in {salvaged.path}"
        yield (
            "put it in the journal's place with: greenroom stop;"
            f" greenroom salvage {directory.name} --install"
        )
    else:
        yield f"it is the journal now; the damaged one is kept as {damaged}"
        yield "go on with: greenroom start"


def _loss(lost: Lost) -> str:
    if lost.first is None:
        numbers = "no number"
    elif lost.last is None:
        numbers = f"number {lost.first} and all after it"
    elif lost.last == lost.first:
        numbers = f"number {lost.first}" if lost.first else "the first line, made anew"
    else:
        numbers = f"numbers {lost.first} to {lost.last}"
    return f"  lost: {numbers}; {lost.length} bytes from byte {lost.offset} on: {lost.reason}"


SPEC = Spec(["SESSION"], [Option("--install", "put it in the journal's place; no daemon may run")])
COMMANDS = {
    "salvage": Command(
        _salvage, SPEC, ("greenroom salvage 3f2a", "greenroom salvage 3f2a --install")
    )
}
