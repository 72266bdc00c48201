"""Processes that workers left behind, as the daemon sees them; their end when it is wanted."""

from __future__ import annotations

from typing import Any

from actors.cli.command import accepted
from actors.cli.connection import Connection
from actors.cli.doctor.finding import Finding, note, ok, problem
from actors.cli.failures import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHECK = "orphans"
ANSWER_SECONDS = 30.0
"""What ignores TERM is killed after 2 s; a daemon that has just started waits for its host."""

Json = dict[str, Any]


def findings(status: Json | CommandError) -> Iterator[Finding]:
    """Those that run on and that nobody claims. Only a daemon knows."""
    if isinstance(status, CommandError):
        return
    found = list((status.get("orphans") or {}).get("found") or [])
    yield from _rows(found, "greenroom doctor --fix ends them")
    if not found:
        yield ok(CHECK, "nothing that workers left behind")


def ended(data: str) -> Iterator[Finding]:
    """End all of them; what became of each."""
    try:
        with Connection(data) as connection:
            asked = {"type": "cleanup-orphans"}
            answer = accepted(connection.ask(asked, timeout_seconds=ANSWER_SECONDS))
    except CommandError as error:
        yield problem(CHECK, f"nothing was ended: {error}", "greenroom start; greenroom doctor")
        return
    rows = answer["data"]["ended"]
    yield from (_outcome(row) for row in rows)
    yield from _rows(row for row in answer["data"]["left"] if not _is_among(row, rows))
    if not rows:
        yield ok(CHECK, "nothing to end that workers left behind")


def _outcome(row: Json) -> Finding:
    if row.get("gone"):
        return ok(CHECK, f"ended {_named(row)}")
    return problem(CHECK, f"{_named(row)} cannot be ended", f"look with: ps -p {row.get('pid')}")


def _rows(rows: Iterable[Json], step: str | None = None) -> Iterator[Finding]:
    yield from (note(CHECK, _named(row), step) for row in rows)


def _is_among(row: Json, rows: list[Json]) -> bool:
    return any(row.get("pid") == other.get("pid") for other in rows)


def _named(row: Json) -> str:
    worker = f" of worker {row['worker']}" if row.get("worker") else ""
    return f"{row.get('name') or 'a process'} (pid {row.get('pid')}){worker}: {row.get('why')}"
