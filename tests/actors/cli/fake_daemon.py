"""A daemon for the command line's tests: speaks the frames over a real socket, by a script."""

import json
import os
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Script = Callable[[Json], Sequence[Json]]


def yes(data: Any) -> Script:
    """Answer every request with `data`."""
    return lambda request: [
        {"id": request["id"], "type": request["type"], "ok": True, "data": data}
    ]


def no(code: str, message: str, **more: Any) -> Script:
    error = {"code": code, "message": message, **more}
    return lambda request: [
        {"id": request["id"], "type": request["type"], "ok": False, "error": error}
    ]


class FakeDaemon:
    """Listens in `data`/run; `requests` holds what came. A script returns the frames to send.

    Whether a session has a title with a slash is answered by `titles`, and not among `requests`.
    """

    def __init__(self, data: Path, script: Script) -> None:
        self.data = data
        self.script = script
        self.requests: list[Json] = []
        self.titles: set[str] = set()
        directory = data / "run"
        directory.mkdir(parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        descriptor = os.open(directory, os.O_RDONLY)
        self._listener.bind(f"/proc/self/fd/{descriptor}/control.sock")
        os.close(descriptor)
        self._listener.listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _title(self, request: Json) -> Sequence[Json]:
        asked = str(request.get("session"))
        if request["type"] != "get-session" or "/" not in asked:
            return ()
        return yes({"title": asked} if asked in self.titles else None)(request)

    def _scripted(self, request: Json) -> Sequence[Json]:
        self.requests.append(request)
        return self.script(request)

    def _serve(self, peer: socket.socket) -> None:
        with suppress(ConnectionError), peer, peer.makefile("rb") as stream:
            while header := stream.read(4):
                request = json.loads(stream.read(int.from_bytes(header, "big")))
                for frame in self._title(request) or self._scripted(request):
                    body = json.dumps(frame).encode()
                    peer.sendall(len(body).to_bytes(4, "big") + body)
