"""What the tools ask of greenroom, wherever they run: requests, and to be told of changes."""

import asyncio
from collections.abc import Mapping
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
    """A no that the model is shown: a code in kebab case, and what to do next.

    `data`: what the daemon says besides, of codes that have more to say.
    """

    def __init__(
        self,
        code: str,
        message: str,
        path: str | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.path = path
        self.data = data or {}


async def asked(daemon: Daemon, kind: str, **fields: Any) -> Any:
    """The data of the answer. Refused; fields that are None are left out."""
    given = {name: value for name, value in fields.items() if value is not None}
    answer = await daemon.ask({"type": kind, **given})
    if answer.get("ok"):
        return answer.get("data")
    error = answer.get("error") or {}
    code, message = str(error.get("code")), str(error.get("message"))
    raise Refused(code, message, error.get("path"), error.get("data"))
