"""What a command is made of, and what it is handed when it runs."""

from __future__ import annotations

from actors.cli.arguments import Spec
from actors.cli.connection import ANSWER_SECONDS, Connection
from actors.cli.failures import DONE, FAILED, RefusedError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from typing import Any

    from actors.cli.console import Console

EMPTY = Spec()
WAITED_FOR = {
    "create-session": "the session is being made",
    "delete-session": "its processes end, and it goes to the trash",
    "restore-session": "it is brought back",
    "fork-session": "the other session is being made",
    "import-session": "it is taken in",
    "stop-session": "its processes end",
}
"""What takes long more often than not; of the rest the request is named."""
NOT_DURABLE = (
    "done, but not on the disk yet: it is written down as soon as the store takes changes again; "
    "see greenroom status"
)


class Call:
    """One run of a command: its name, the parsed words, the data directory, and the console."""

    def __init__(
        self,
        name: str,
        values: dict[str, Any],
        data: str,
        console: Console,
        environ: Mapping[str, str],
    ) -> None:
        self.name = name
        self.request_type = name
        self.values = values
        self.data = data
        self.console = console
        self.environ = environ

    def connect(self, request_type: str) -> Connection:
        """A connection for a request of that type, which errors are then reported under."""
        self.request_type = request_type
        return Connection(self.data)

    def ask(self, request: dict[str, Any], *, longer_by_seconds: float = 0) -> dict[str, Any]:
        """The answer of the daemon, which said yes. RefusedError when it said no.

        `longer_by_seconds`: what the request itself may wait, besides.
        """
        patience = ANSWER_SECONDS + longer_by_seconds
        what = WAITED_FOR.get(request["type"], f"waiting for {request['type']}")
        with self.connect(request["type"]) as connection, self.at_work(what):
            answer = accepted(connection.ask(request, timeout_seconds=patience))
        if answer.get("not_durable"):
            told = answer.get("data")
            note = told.get("note") if isinstance(told, dict) else None
            self.console.note(note or NOT_DURABLE, "warn")
        return answer

    def at_work(self, what: str) -> AbstractContextManager[None]:
        """What a person at a terminal sees while something takes long; elsewhere nothing."""
        from contextlib import nullcontext

        if not self.console.err.isatty():
            return nullcontext()
        from actors.cli.progress import waiting

        return waiting(self.console, what)

    def parts(self, reference: str) -> tuple[str, str | None]:
        """Session and worker; none is named where the whole is a session's title, as `fix/login`.

        The daemon is asked for that. RefusedError if several sessions have that title.
        """
        session, worker = split_reference(reference)
        if worker is None:
            return session, worker
        found = self.ask({"type": "get-session", "session": reference}).get("data")
        is_title = isinstance(found, dict) and found.get("title") == reference
        return (reference, None) if is_title else (session, worker)

    def found(self, answer: dict[str, Any], what: str) -> Any:
        """The answer's `data`, printed at once when JSON is wanted; null is a failure."""
        if self.console.json:
            self.console.value(answer)
        if answer.get("data") is None:
            self.console.error(f"{what} not found; see what there is with: greenroom ls")
        return answer.get("data")

    def done(self, data: dict[str, Any], text: str) -> int:
        """Report what a command did itself: a line, or an answer of its own."""
        if self.console.json:
            self.console.value({"id": None, "type": self.name, "ok": True, "data": data})
        self.console.line(text)
        return DONE


class Command:
    """`run` returns the exit status; `examples` end the help, one per line."""

    __slots__ = ("examples", "run", "spec")

    def __init__(
        self, run: Callable[[Call], int], spec: Spec = EMPTY, examples: tuple[str, ...] = ()
    ) -> None:
        self.run = run
        self.spec = spec
        self.examples = examples


def accepted(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer itself, or RefusedError when it is a no."""
    if not answer.get("ok"):
        raise RefusedError(answer)
    return answer


def split_reference(reference: str) -> tuple[str, str | None]:
    """`SESSION/WORKER` at its last slash; the worker is None when there is none.

    A title with a slash of its own can be written with another one at its end: `fix/login/`.
    """
    session, slash, worker = reference.rpartition("/")
    if not slash:
        return reference, None
    if not session:
        raise UsageError(f"{reference!r} names no session; write SESSION/WORKER")
    return session, worker or None


def split_number(reference: str) -> tuple[str, dict[str, int]]:
    """`SESSION@N`: the session, and `at` for a request; nothing without a number.

    A title that ends like that is written with another at sign: `meet@5@`; or use the id.
    UsageError for number 0.
    """
    session, sign, number = reference.rpartition("@")
    if not sign or not session or (number and not (number.isascii() and number.isdigit())):
        return reference, {}
    if number and not number.strip("0"):
        text = f"numbers begin at 1; greenroom history {session} shows at which its rounds ended"
        raise UsageError(text)
    return session, {"at": int(number[:18])} if number else {}


__all__ = [
    "DONE",
    "FAILED",
    "Call",
    "Command",
    "accepted",
    "split_number",
    "split_reference",
]
