"""The actor of the HTTP front: opens the port, serves on the I/O loop, and closes it again.

It crashes when the server ends, so that its supervisor starts another.
"""

import asyncio
import logging
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any

from actors.decisions.http_gate import doors
from actors.gateway import Gateway
from actors.http.app import app
from actors.http.front import Front
from actors.http.listening import CannotListen, checked, listen, settings_of
from actors.http.ring import Ring
from actors.http.server import CLOSE_SECONDS, Server
from actors.supervision import BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from storage import http_files

START_SECONDS = 10.0
_log = logging.getLogger(__name__)
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


class ServerEnded:
    """`error`: why, if it did not end well."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class ServerEndedError(Exception):
    """The web server ended by itself."""


class HttpActor(BaseActor):
    def __init__(
        self, context: ChildContext, around: Surroundings, gateway: Gateway, ring: Ring
    ) -> None:
        super().__init__(context)
        self._around = around
        self._gateway = gateway
        self._ring = ring
        self._server: Server | None = None
        self._serving: Future[Any] | None = None

    def started(self) -> None:
        place = self._around.http
        place.state = "starting"
        try:
            self._listen()
            place.problem = None
        except CannotListen as error:
            place.state, place.problem = "stopped", str(error)
            raise

    def _listen(self) -> None:
        place, data = self._around.http, self._around.data
        settings = settings_of(data)
        if not settings.enabled:
            place.state = "disabled"
            return
        checked(settings)
        listening = listen(data, settings)
        try:
            port = listening.getsockname()[1]
            scheme = "https" if settings.expose else "http"
            names = (*_names(settings.host), *settings.names)
            at = doors(data.instance, http_files.token(data), names, port, scheme)
            self._around.redactor.know([at.token, at.cookie_value, at.page_key])
            ending = asyncio.Event()
            front = Front(self._around, self._gateway, at, self._ring, ending)
            self._server = Server(app(front), settings, ending)
            self._serving = self._around.io.run(self._server.serve_on(listening))
            self._around.io.run(self._server.wait_ready()).result(START_SECONDS)
            if not settings.port:
                http_files.keep_port(data, port)
        except BaseException:
            self._close()
            listening.close()
            raise
        self._serving.add_done_callback(self._tell_end)
        place.url = f"{scheme}://{names[0]}:{port}"
        place.state = "running"
        _log.info("HTTP is served at %s", place.url)

    def stopping(self) -> None:
        self._around.http.state, self._around.http.url = "stopped", None
        self._close()

    def on_message(self, message: Any) -> object:
        if isinstance(message, ServerEnded):
            raise ServerEndedError(f"the web server ended: {message.error}")
        return super().on_message(message)

    def _close(self) -> None:
        server, serving = self._server, self._serving
        self._server = None
        if server is None or serving is None:
            return
        with suppress(CancelledError, RuntimeError, TimeoutError, asyncio.CancelledError):
            self._around.io.run(server.stop())
            serving.result(CLOSE_SECONDS + 1.0)
        serving.cancel()

    def _tell_end(self, ended: "Future[Any]") -> None:
        if self._server is not None:
            error = None if ended.cancelled() else ended.exception()
            tell(self.actor_ref, ServerEnded(error))


def _names(host: str) -> tuple[str, ...]:
    if host in {"127.0.0.1", "localhost"}:
        return _LOCAL_NAMES
    return (f"[{host}]" if ":" in host else host,)
