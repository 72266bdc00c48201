"""An MCP server behind a URL: fulfils the SDK's `Transport`, with bounds on what it may send.

Sends the headers of the settings, follows no redirect to another place, and remembers the last
refusal of HTTP, which the SDK does not pass on. How long a call may take is for who makes it.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from actors.adapters.mcp_lines import LONGEST_LINE_BYTES

if TYPE_CHECKING:
    import httpx2
    from mcp.client._transport import TransportStreams

CONNECT_SECONDS = 15.0
_CALL = b'"tools/call"'
_HINTS = {
    401: "; see its headers in workspace.json",
    403: "; see its headers in workspace.json",
    404: "; see its url in workspace.json",
}


class Attempt:
    """One call on its way: whether the server can have had it."""

    def __init__(self) -> None:
        self._was_begun = False
        self._was_sent = False

    @property
    def never_left(self) -> bool:
        """Not a byte of it was sent, as no connection was made. False where that is not known."""
        return self._was_begun and not self._was_sent

    async def trace(self, step: str, _: object) -> None:
        """Hears of each step of its way through HTTP."""
        self._was_begun = True
        self._was_sent |= "send_request" in step


_attempt: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


@contextmanager
def attempted() -> Iterator[Attempt]:
    """What becomes of the call that is made inside, by this task and those that it begins."""
    made = Attempt()
    token = _attempt.set(made)
    try:
        yield made
    finally:
        _attempt.reset(token)


class HttpServer:
    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        self._headers = dict(headers)
        self._refusal: str | None = None

    @property
    def host(self) -> str:
        """Without what else stands in a URL: that may be secret."""
        return urlsplit(self._url).netloc.rpartition("@")[2]

    @property
    def refusal(self) -> str | None:
        """What the last answer was if it was none of the protocol's: `HTTP 401 Unauthorized`."""
        return self._refusal

    @asynccontextmanager
    async def streams(self) -> AsyncGenerator["TransportStreams", None]:
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        class Client(httpx2.AsyncClient):
            async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
                attempt = _attempt.get()
                if attempt is not None and _CALL in request.content:
                    request.extensions = {**request.extensions, "trace": attempt.trace}
                return await super().send(request, **options)

        # No limit for reading: each call has its own.
        timeout = httpx2.Timeout(CONNECT_SECONDS, read=None)
        hooks: Any = {"response": [self._bound]}
        async with (
            Client(
                headers={"accept-encoding": "identity", **self._headers},
                timeout=timeout,
                event_hooks=hooks,
            ) as client,
            streamable_http_client(
                self._url, http_client=client, max_sse_event_size=LONGEST_LINE_BYTES
            ) as streams,
        ):
            yield streams

    async def _bound(self, response: "httpx2.Response") -> None:
        """Before its body is read. One that is packed all the same is read as it is: no message."""
        if response.request.method == "POST":  # others are the SDK's own, and may be refused
            self._refusal = _refusal(response.status_code)
        response.headers.pop("content-encoding", None)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            response.stream = _bounded(response.stream)


def _refusal(status: int) -> str | None:
    if status < 300:
        return None
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    return f"HTTP {status} {phrase}".rstrip() + _HINTS.get(status, "")


def _bounded(stream: Any) -> Any:
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            length = 0
            async for piece in stream:
                length += len(piece)
                if length > LONGEST_LINE_BYTES:
                    text = f"the answer has over {LONGEST_LINE_BYTES} bytes"
                    raise httpx2.StreamError(text)
                yield piece

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()
