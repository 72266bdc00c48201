"""What stands before every route: nothing reaches the application that may not come in.

Decides by `actors/decisions/http_gate.py`, bounds every body, and puts the headers on each answer
that tell a browser what our pages may do.
"""

import asyncio
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors.decisions.http_gate import Asked, Doors, NoEntry, is_open, refusal
from actors.http.problem import HEADERS, problem

BODY_LIMIT_BYTES = 1 << 20
_BODY_SECONDS = 30.0
"""Between two pieces of a body."""
_DRAIN_SECONDS = 1.0
KNOWN = "greenroom.known"
"""In the scope of a request that showed the token, or what a page has in its place."""
SURPLUS = "greenroom.surplus"
"""In the state of a connection for which there is no place."""


class Gate:
    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        asked = _asked(scope)
        no = _no_place(scope) or refusal(asked, self._doors) or _too_long(asked)
        if no is None and not is_open(asked):
            scope[KNOWN] = True
        guarded = _with_headers(send)
        if no is None:
            body = receive if scope["type"] == "websocket" else _bounded(receive)
            await self._app(scope, body, guarded)
            return
        if scope["type"] == "http":
            await _drain(receive)
        await _answer(no)(scope, receive, guarded)


def _no_place(scope: Scope) -> NoEntry | None:
    return _TOO_MANY if scope.get("state", {}).get(SURPLUS) else None


def _asked(scope: Scope) -> Asked:
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in scope["headers"]:
        own = name.decode("latin-1").lower()
        headers[own] = (*headers.get(own, ()), value.decode("latin-1"))
    length = headers.get("content-length", ("0",))
    return Asked(
        method=scope.get("method", "GET"),
        path=scope["path"],
        is_websocket=scope["type"] == "websocket",
        headers=headers,
        has_body=length != ("0",) or "transfer-encoding" in headers,
    )


def _too_long(asked: Asked) -> NoEntry | None:
    (length, *_) = asked.all("content-length") or ("0",)
    return _TOO_LARGE if length.isdecimal() and int(length[:20]) > BODY_LIMIT_BYTES else None


_LIMIT_TOLD = f"a body has {BODY_LIMIT_BYTES} bytes at most"
_TOO_MANY = NoEntry(
    503,
    "too-many-connections",
    "as many connections as may be are in use; close some, or try again",
)
_TOO_LARGE = NoEntry(413, "body-too-large", _LIMIT_TOLD)


def _answer(no: NoEntry) -> ASGIApp:
    headers = {"WWW-Authenticate": "Bearer"} if no.status == 401 else {}
    return problem(no.status, no.code, no.message, headers={**headers, "Connection": "close"})


def _bounded(receive: Receive) -> Receive:
    taken, is_whole = 0, False

    async def bounded() -> Message:
        nonlocal taken, is_whole
        try:
            async with asyncio.timeout(None if is_whole else _BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "the body did not come to its end") from None
        is_whole = not message.get("more_body", False)
        taken += len(message.get("body", b""))
        if taken > BODY_LIMIT_BYTES:
            raise HTTPException(_TOO_LARGE.status, _LIMIT_TOLD)  # answered as a problem by the app
        return message

    return bounded


async def _drain(receive: Receive) -> None:
    """Take what is under way of a body: a connection that is closed on it loses the answer too."""
    bounded = _bounded(receive)
    with suppress(TimeoutError, HTTPException):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while (await bounded()).get("more_body"):
                pass


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            own = list(message.get("headers", []))
            if not any(name == b"cache-control" for name, _ in own):
                own.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*own, *HEADERS]}
        await send(message)

    return sent
