"""How a command can fail, and the exit status of each way.

Every text is one line: what happened, where, and what to do next.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DONE, FAILED, USAGE, NO_DAEMON = 0, 1, 2, 3


class CommandError(Exception):
    """Refused or failed. `code` is kebab case and goes into the answer of `--json`."""

    exit_status = FAILED
    code = "failed"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or type(self).code

    def answer(self, request_type: str) -> dict[str, Any]:
        """The failure in the shape of an answer."""
        error = {"code": self.code, "message": str(self)}
        return {"id": None, "type": request_type, "ok": False, "error": error}


class UsageError(CommandError):
    """What was typed makes no sense as it stands."""

    exit_status = USAGE
    code = "usage"


class NoDaemonError(CommandError):
    """Nobody answers at the control socket."""

    exit_status = NO_DAEMON
    code = "no-daemon"

    def __init__(self, data: str) -> None:
        super().__init__(f"no daemon is running for {data}; start it with: greenroom start")


class RefusedError(CommandError):
    """The daemon's own no: its answer is passed on as it came."""

    def __init__(self, answer: dict[str, Any]) -> None:
        error = answer.get("error") or {}
        message = str(error.get("message") or "refused, without a reason")
        super().__init__(message + _candidates(error), code=str(error.get("code") or "failed"))
        self.refusal = answer

    def answer(self, request_type: str) -> dict[str, Any]:
        del request_type
        return self.refusal


def _candidates(error: dict[str, Any]) -> str:
    """What an ambiguous reference could mean."""
    found = (error.get("data") or {}).get("candidates") or []
    names = [_candidate(each) for each in found[:10]]
    if len(found) > len(names):
        names.append(f"{len(found) - len(names)} more")
    return f" (candidates: {', '.join(names)})" if names else ""


def _candidate(each: Any) -> str:
    if not isinstance(each, dict):
        return str(each)
    name = each.get("title") or each.get("name")
    return f"{each.get('id')} {name!r}" if name else str(each.get("id"))
