"""What the tools ask of greenroom, wherever they run: requests, and to be told of changes."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Daemon(Protocol):
    """`caller`: the id of the session that the tools act for, None for a person."""

    caller: str | None

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer as JSON has it: `ok`, and `data` or `error`. Never raises for a no."""
        ...

    def changes(self, session_id: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Set whenever something happened in that session, or may have happened unheard."""
        ...


class Refused(Exception):
    """A no that the model is shown: a code in kebab case, and what to do next."""

    def __init__(self, code: str, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.path = path


async def asked(daemon: Daemon, kind: str, **fields: Any) -> Any:
    """The data of the answer. Refused; fields that are None are left out."""
    given = {name: value for name, value in fields.items() if value is not None}
    answer = await daemon.ask({"type": kind, **given})
    if answer.get("ok"):
        return answer.get("data")
    error = answer.get("error") or {}
    raise Refused(str(error.get("code")), str(error.get("message")), error.get("path"))
