"""How a command can fail, and the exit status of each way.

Every text is one line: what happened, where, and what to do next.
"""

from __future__ import annotations

from actors.cli.refusals import said

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
    """Nobody answers at the control socket; `is_final` when a start would change nothing."""

    exit_status = NO_DAEMON
    code = "no-daemon"

    def __init__(self, data: str, why: str | None = None) -> None:
        way_out = f"no daemon is running for {data}; start it with: greenroom start"
        super().__init__(why or way_out)
        self.is_final = why is not None


class RefusedError(CommandError):
    """The daemon's own no: its answer is passed on as it came."""

    def __init__(self, answer: dict[str, Any]) -> None:
        error = answer.get("error") or {}
        super().__init__(said(error), code=str(error.get("code") or "failed"))
        self.refusal = answer

    def answer(self, request_type: str) -> dict[str, Any]:
        del request_type
        return self.refusal
