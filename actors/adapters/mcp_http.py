"""An MCP server behind a URL: fulfils the SDK's `Transport`, with bounds on what it may send.

Sends the headers of the settings, follows no redirect to another place, and remembers the last
refusal of HTTP, which the SDK does not pass on. How long a call may take is for who makes it.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from actors.adapters.mcp_lines import LONGEST_LINE_BYTES

if TYPE_CHECKING:
    import httpx2
    from mcp.client._transport import TransportStreams

CONNECT_SECONDS = 15.0
_HINTS = {
    401: "; see its headers in workspace.json",
    403: "; see its headers in workspace.json",
    404: "; see its url in workspace.json",
}


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

        # No limit for reading: each call has its own.
        timeout = httpx2.Timeout(CONNECT_SECONDS, read=None)
        hooks: Any = {"response": [self._bound]}
        async with (
            httpx2.AsyncClient(
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
