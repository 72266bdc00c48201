"""What is answered to what is no request, before any of it reaches the application.

Problem details as everywhere, in the words of the web server's two parsers: h11 for requests,
websockets for the handshake of a WebSocket.
"""

from http import HTTPStatus

import h11
from websockets.datastructures import Headers
from websockets.http11 import Response as HandshakeResponse
from websockets.server import ServerProtocol

from actors.http.problem import HEADERS, problem

_SEEN: dict[int, tuple[str, str]] = {
    400: (
        "malformed-request",
        "its first line or a header is not as HTTP/1.1 has them; send it again as RFC 9112 says",
    ),
    431: (
        "headers-too-large",
        "its first line and its headers have 16 KiB at most together; send fewer, or shorter ones",
    ),
    501: (
        "malformed-request",
        "its body is sent in a way that is not known; say Content-Length, or send it in chunks",
    ),
}


def h11_answer(error: BaseException | None) -> list[h11.Event]:
    """What says why nothing was understood; `error` is what h11 raised."""
    hint = getattr(error, "error_status_hint", 400)
    status = hint if hint in _SEEN else 400
    told = problem(status, *_SEEN[status])
    return [
        h11.Response(
            status_code=status,
            headers=[*told.raw_headers, *HEADERS, (b"connection", b"close")],
            reason=HTTPStatus(status).phrase,
        ),
        h11.Data(data=bytes(told.body)),
        h11.EndOfMessage(),
    ]


class Handshake(ServerProtocol):
    """The WebSocket of one client; a handshake that is none is answered as all else is."""

    def reject(self, status: int, text: str) -> HandshakeResponse:
        """`text` is that of the parser; which header is missing or wrong stands in it."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            told = problem(status, "internal-error", "greenroom failed at this; see greenroom logs")
        else:
            said = " ".join(text.split())
            told = problem(
                status, "malformed-request", f"{said} See docs/websocket.md for how to connect"
            )
        headers = [*told.raw_headers, *HEADERS, (b"connection", b"close")]
        return HandshakeResponse(
            status,
            HTTPStatus(status).phrase,
            Headers((name.decode(), value.decode()) for name, value in headers),
            bytes(told.body),
        )
