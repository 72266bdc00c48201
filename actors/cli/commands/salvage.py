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
from actors.cli.on_disk import OnDisk, session_on_disk
from actors.cli.progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.data_dir import DataDir
    from storage.journal.pieces import Lost
    from storage.journal.salvage import Salvaged


def _salvage(call: Call) -> int:
    from storage.data_dir import DataDir
    from storage.errors import StorageError

    source = session_on_disk(call, call.values["session"])
    damaged: Path | None = None
    try:
        with _held(DataDir(Path(call.data))) if call.values["install"] else _left_alone():
            salvaged = _taken_out(call, source)
            if call.values["install"]:
                damaged = _installed(source.directory, salvaged)
    except StorageError as error:
        raise CommandError(str(error), code=error.code) from None
    if call.console.json:
        answer = {"id": None, "type": "salvage", "ok": True}
        call.console.value({**answer, "data": _answer(source, salvaged, damaged)})
    for text in _lines(source, salvaged, damaged):
        call.console.line(text)
    return DONE


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


def _taken_out(call: Call, source: OnDisk) -> Salvaged:
    from storage.journal.log import size_bytes
    from storage.journal.salvage import salvage

    total = size_bytes(source.directory) or 0
    progress = Progress(call.console, "bytes")
    try:
        return salvage(
            source.directory,
            datetime.now(UTC),
            source.named,
            lambda done: progress.show(done, total),
            session_id=source.id,
            record=source.record,
        )
    finally:
        progress.end()


def _installed(directory: Path, salvaged: Salvaged) -> Path | None:
    from storage.journal.salvage import install

    return install(directory, salvaged)


def _answer(source: OnDisk, salvaged: Salvaged, damaged: Path | None) -> dict[str, Any]:
    from storage import codec
    from storage.journal.log import NAME

    return {
        "workspace": source.workspace,
        "session_id": source.id,
        "path": str(source.directory / NAME if damaged else salvaged.path),
        "kept": salvaged.kept,
        "n": salvaged.end.n,
        "lost": codec.builtins(salvaged.lost),
        "remade": salvaged.remade,
        "installed": damaged is not None,
        "damaged": str(damaged) if damaged else None,
    }


def _lines(source: OnDisk, salvaged: Salvaged, damaged: Path | None) -> Iterator[str]:
    name = f"{source.workspace}/{'trash/' if source.is_deleted else ''}{source.name}"
    if not salvaged.lost:
        yield f"{name}  whole to number {salvaged.end.n}: there is nothing to salvage"
        return
    yield f"{name}  kept {salvaged.kept} commits, up to number {salvaged.end.n}"
    yield from (_loss(lost) for lost in salvaged.lost)
    if salvaged.remade:
        yield "  how the session was created is lost too; sessions.json tells what it is"
    if damaged:
        yield f"it is the journal now; the damaged one is kept as {damaged}"
        back = f"; greenroom restore {source.name}" if source.is_deleted else ""
        yield f"go on with: greenroom start{back}"
        return
    yield f"nothing was changed; what was kept is in {salvaged.path}"
    if _is_torn(salvaged):
        when = "a restore" if source.is_deleted else "the next start"
        yield f"{when} cuts such an end off by itself, and keeps it: there is nothing to do"
    else:
        yield (
            "put it in the journal's place with: greenroom stop;"
            f" greenroom salvage {source.name} --install"
        )


def _is_torn(salvaged: Salvaged) -> bool:
    """All that is lost is an end that nobody names."""
    lost = salvaged.lost[0]
    return len(salvaged.lost) == 1 and lost.first is not None and lost.last is None


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
        _salvage,
        SPEC,
        (
            "greenroom salvage k3v5    what would be lost; the journal stays as it is",
            "greenroom stop; greenroom salvage k3v5 --install",
            "The damaged journal is kept beside the new one, as journal.damaged-N.",
        ),
    )
}
