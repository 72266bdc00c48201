"""What stands before every route: nothing reaches the application that may not come in.

Decides by `actors/decisions/http_gate.py`, bounds every body, and puts the headers on each answer
that tell a browser what our pages may do.
"""

import asyncio
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors.decisions.http_gate import Asked, Doors, NoEntry, refusal
from actors.http.problem import problem

BODY_LIMIT_BYTES = 1 << 20
_CLOSE_REFUSED = 1008
_BODY_SECONDS = 30.0
"""Between two pieces of a body."""
_DRAIN_SECONDS = 1.0
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class Gate:
    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        asked = _asked(scope)
        no = refusal(asked, self._doors) or _too_long(asked)
        if scope["type"] == "websocket":
            await self._websocket(no, scope, receive, send)
        else:
            await self._http(no, scope, receive, _with_headers(send))

    async def _websocket(
        self, no: NoEntry | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if no is None:
            await self._app(scope, receive, send)
            return
        if "websocket.http.response" in scope.get("extensions", {}):
            await _answer(no)(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": _CLOSE_REFUSED, "reason": no.code})

    async def _http(self, no: NoEntry | None, scope: Scope, receive: Receive, send: Send) -> None:
        if no is None:
            await self._app(scope, _bounded(receive), send)
        else:
            await _drain(receive)
            await _answer(no)(scope, receive, send)


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
        if message["type"] == "http.response.start":
            own = list(message.get("headers", []))
            if not any(name == b"cache-control" for name, _ in own):
                own.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*own, *_HEADERS]}
        await send(message)

    return sent
