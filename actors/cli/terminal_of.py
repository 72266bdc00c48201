"""Which worker or terminal `SESSION[/WORKER]` means: asked of the daemon where none is named."""

from __future__ import annotations

from actors.cli.failures import CommandError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from actors.cli.command import Call


def worker_reference(call: Call, reference: str) -> dict[str, str]:
    """The fields `session` and `worker` of a request. UsageError, with all names, without one."""
    session, worker = call.parts(reference)
    if worker is None:
        workers = session_record(call, session).get("workers") or []
        text = f"{reference!r} names no worker; write SESSION/WORKER; there are:"
        raise UsageError(f"{text} {_names(session, workers)}")
    return {"session": session, "worker": worker}


def terminal_reference(call: Call, reference: str, *, is_the_only: bool = False) -> dict[str, str]:
    """The fields `session` and `worker` of a request: of the first terminal if none is named.

    `is_the_only`: of a session with several of them, UsageError with their names.
    """
    session, worker = call.parts(reference)
    if worker is None:
        record = session_record(call, session)
        chosen = terminal_of(record, session, None)
        others = _terminals(record)
        if is_the_only and len(others) > 1:
            text = f"{reference!r} has several terminals; say which of them:"
            raise UsageError(f"{text} {_names(session, others)}")
        session, worker = record["id"], chosen["id"]
    return {"session": session, "worker": worker}


def session_record(call: Call, session: str) -> dict[str, Any]:
    """From the daemon. CommandError when there is no such session."""
    answer = call.ask({"type": "get-session", "session": session})
    record: dict[str, Any] | None = answer.get("data")
    if record is None:
        raise CommandError(
            f"session {session!r} not found; see what there is with: greenroom ls",
            code="session-not-found",
        )
    return record


def terminal_of(record: dict[str, Any], session: str, worker: str | None) -> dict[str, Any]:
    """The worker of this id or name, else the first one with a terminal. CommandError if none."""
    chosen = [each for each in _terminals(record) if worker in {None, each["id"], each["name"]}]
    if not chosen:
        what = f"worker {worker!r}" if worker else "worker with a terminal"
        raise CommandError(
            f"session {session!r} has no {what}; see: greenroom worker ls {session!r}",
            code="worker-not-found",
        )
    first: dict[str, Any] = chosen[0]
    return first


def _terminals(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in record.get("workers") or [] if each["type"] != "conversation"]


def _names(session: str, workers: list[dict[str, Any]]) -> str:
    """As they can be written."""
    return ", ".join(f"{session}/{each['name']}" for each in workers) or "none"
