"""Which terminal `SESSION[/WORKER]` means."""

from __future__ import annotations

from actors.cli.failures import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from actors.cli.command import Call


def terminal_reference(call: Call, reference: str) -> dict[str, str]:
    """The fields `session` and `worker` of a request; the daemon is asked if no worker is named."""
    session, worker = call.parts(reference)
    if worker is None:
        record = session_record(call, session)
        session, worker = record["id"], terminal_of(record, session, None)["id"]
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
    workers = [each for each in record.get("workers") or [] if each["type"] != "conversation"]
    chosen = [each for each in workers if worker in {None, each["id"], each["name"]}]
    if not chosen:
        what = f"worker {worker!r}" if worker else "worker with a terminal"
        raise CommandError(
            f"session {session!r} has no {what}; see: greenroom worker ls {session!r}",
            code="worker-not-found",
        )
    first: dict[str, Any] = chosen[0]
    return first
