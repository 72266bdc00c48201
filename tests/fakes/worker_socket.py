"""A client of a worker's WebSocket, which checks that no byte is left out or comes twice."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.fakes.greenroom import PATIENCE_SECONDS, House

RAW_CAT = ["sh", "-c", "stty raw -echo; echo ready; exec cat"]
READY = b"ready\n"
"""What that program says first; then it says what is typed, as it is."""

Json = dict[str, Any]


class WorkerClient:
    """`output` is what it was told of `epoch`, up to `offset`; `others` all that is no output."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.output = b""
        self.epoch = self.offset = self.begin = 0
        self.others: list[Json] = []

    def send(self, kind: str, **fields: Any) -> None:
        self.connection.send(json.dumps({"type": kind, **fields}))

    def type(self, text: str) -> None:
        self.send("input", data=text)

    def hear(self, seconds: float = PATIENCE_SECONDS) -> Json:
        """The next message. TimeoutError, ConnectionClosed."""
        message: Json = json.loads(self.connection.recv(timeout=seconds))
        if message["type"] == "history":
            self.begin, self.epoch, self.output = message["start"], message["epoch"], b""
            self._add(message)
        elif message["type"] == "output":
            assert (message["start"], message["epoch"]) == (self.offset, self.epoch)
            self._add(message)
        else:
            self.others.append(message)
        return message

    def _add(self, message: Json) -> None:
        self.output += message["data"].encode()
        self.offset = message["offset"]

    def hears(self, kind: str, **fields: Any) -> Json:
        """The next message of that type with these values."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            message = self.hear()
            if message["type"] == kind and all(message[each] == fields[each] for each in fields):
                return message
        raise AssertionError(f"no {kind} {fields}")

    def sees(self, text: bytes) -> bytes:
        """Its output, once this stands in it."""
        while text not in self.output:
            self.hear()
        return self.output

    def reaches(self, offset: int) -> bytes:
        while self.offset < offset:
            self.hear()
        return self.output

    def closing(self) -> tuple[int, str]:
        """Code and reason of the end, which must come."""
        with suppress(ConnectionClosed):
            while True:
                self.hear()
        said = self.connection.protocol.close_rcvd
        assert said is not None
        return said.code, said.reason


def address(house: House, session: str, worker: str, query: str = "") -> tuple[str, Json]:
    """The URL, and what else `connect` needs."""
    url = house.room.around.http.url
    assert url is not None
    headers = {"Authorization": f"Bearer {house.data.token.read_text().strip()}"}
    path = f"/ws/session/{session}/worker/{worker}{query}"
    return url.replace("http", "ws", 1) + path, {"additional_headers": headers}


@contextmanager
def visiting(house: House, session: str, worker: str, query: str = "") -> Iterator[WorkerClient]:
    """A client that has heard its history."""
    url, options = address(house, session, worker, query)
    with connect(url, max_size=None, **options) as connection:
        client = WorkerClient(connection)
        client.hears("history")
        yield client


def back_at(house: House, before: WorkerClient, session: str, worker: str) -> Any:
    """Another one that goes on where this one was."""
    return visiting(house, session, worker, f"?from={before.offset}&epoch={before.epoch}")
