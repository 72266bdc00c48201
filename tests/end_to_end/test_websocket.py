"""A worker's WebSocket while the real daemon is killed: the client misses no byte, and types on."""

import hashlib
import json
import time
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from tests.end_to_end.conftest import SECONDS, House

LINES = 400_000
FLOOD = f"stty -echo; echo ready; read x; seq {LINES}; cat"
KILLS = 3


class Client:
    """Comes back after every end, at the byte where it was."""

    def __init__(self, house: House, url: str) -> None:
        self._house = house
        self._url = url
        self._token = (house.data / "run" / "token").read_text().strip()
        self._socket: ClientConnection | None = None
        self._open = ExitStack()
        self.output = b""
        self.offset = self.epoch = 0
        self.ends: list[Any] = []

    def connect(self) -> ClientConnection:
        if self._socket is None:
            self._socket = self._house.wait(self._connected, "the WebSocket")
        return self._socket

    def _connected(self) -> ClientConnection | None:
        back = f"?from={self.offset}&epoch={self.epoch}" if self.epoch else ""
        headers = {"Authorization": f"Bearer {self._token}"}
        with suppress(OSError, InvalidHandshake):
            opened = connect(self._url + back, additional_headers=headers, max_size=None)
            return self._open.enter_context(opened)
        return None

    def say(self, **message: Any) -> None:
        """Once there is a connection that takes it."""
        while True:
            with suppress(ConnectionClosed):
                self.connect().send(json.dumps(message))
                return
            self.close()

    def hear(self) -> None:
        try:
            message = json.loads(self.connect().recv(timeout=SECONDS))
        except ConnectionClosed:
            self.close()
            return
        if message["type"] in {"history", "output"}:
            assert (message["start"], message["epoch"]) == (self.offset, self.epoch or 1)
            self.output += message["data"].encode()
            self.offset, self.epoch = message["offset"], message["epoch"]
        elif message["type"] == "exit":
            self.ends.append(message)

    def sees(self, text: bytes) -> None:
        while text not in self.output[-1_000_000:]:
            self.hear()

    def close(self) -> None:
        self._socket = None
        self._open.close()


@pytest.mark.usefixtures("place")
def test_a_client_misses_nothing_while_the_daemon_is_killed(running: House) -> None:
    worker = {"type": "terminal", "command": ["sh", "-c", FLOOD]}
    request = {"type": "create-session", "location_path": str(running.home), "worker": worker}
    made = running.data_of(request)
    running.wait(lambda: running.status()["http"]["url"] is not None, "the web server")
    url = running.status()["http"]["url"]
    path = f"/ws/session/{made['id']}/worker/{made['workers'][0]['id']}"
    client = Client(running, url.replace("http", "ws", 1) + path)
    client.sees(b"ready")
    client.say(type="input", data="\r")
    for _ in range(KILLS):
        seen = client.offset
        while client.offset < seen + 300_000:
            client.hear()
        running.kill_daemon()
    wanted = b"ready\r\n" + b"".join(b"%d\r\n" % number for number in range(1, LINES + 1))
    while client.offset < len(wanted):
        client.hear()
    assert digest(client.output) == digest(wanted)
    assert running.wait(lambda: running.status()["http"]["url"]) == url
    client.say(type="input", data="still here\r")
    client.sees(b"still here")
    began = time.monotonic()
    client.say(type="input", data="\x04")
    while not client.ends:
        client.hear()
        assert time.monotonic() < began + SECONDS
    assert client.ends[0] == {"type": "exit", "exit_code": 0, "signal": None}
    client.close()


def digest(content: bytes) -> tuple[int, str]:
    return len(content), hashlib.sha256(content).hexdigest()
