"""P12: a key and its echo, and much output, through a worker's WebSocket and through a bare one.

Ours is the real daemon: the output is in the log before it is told, and comes with its offsets. The
same client reads both, and compares what it is shown byte by byte.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct
from websockets.sync.client import ClientConnection, connect

from benchmarks.daemons import Daemon, daemon
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved
from benchmarks.p10_echo import ECHO, MICROSECONDS
from benchmarks.p11_output import MEGABYTE, compare
from benchmarks.web_pty_process import web_pty
from storage.data_dir import DataDir

_SECONDS = 60.0
_LINE = "0123456789" * 7 + "012345678"


class Sizes(Struct, frozen=True):
    keys: int = 1000
    output_bytes: int = 20_000_000
    rounds: int = 5


class _Client:
    """`shown` reads the text of a message, `typed` makes one."""

    def __init__(
        self,
        connection: ClientConnection,
        shown: Callable[[str], str],
        typed: Callable[[str], str],
    ) -> None:
        self._connection = connection
        self._shown = shown
        self._typed = typed

    def type(self, text: str) -> None:
        self._connection.send(self._typed(text))

    def sees(self) -> str:
        """What comes next; empty for what is no output. TimeoutError after a minute of nothing."""
        return self._shown(self._connection.recv(timeout=_SECONDS, decode=True))

    def sees_until(self, text: str) -> None:
        seen = ""
        while text not in seen:
            seen = seen[-len(text) :] + self.sees()

    def echo_seconds(self) -> float:
        began = time.perf_counter()
        self.type("x")
        self.sees_until("x")
        return time.perf_counter() - began


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    output = _program(sizes.output_bytes)
    whole = sizes.output_bytes / MEGABYTE

    def echo(client: _Client) -> float:
        client.sees_until("ready")
        seconds = [client.echo_seconds() for _ in range(sizes.keys + sizes.keys // 10)]
        return MICROSECONDS * statistics.median(seconds[sizes.keys // 10 :])

    def rate(client: _Client) -> float:
        client.sees_until("ready\n")
        return whole / _output_seconds(client, sizes.output_bytes)

    def ours(command: list[str], measured: Callable[[_Client], float]) -> float:
        with _ours(ground, command) as client:
            return measured(client)

    def theirs(command: list[str], measured: Callable[[_Client], float]) -> float:
        with web_pty(command) as url, connect(url, compression=None, max_size=None) as bare:
            return measured(_Client(bare, str, str))

    figures = (
        ("echo of a key through a WebSocket, p50", "µs", Goal("at most", 1.5), ECHO, echo),
        (
            f"output of {sizes.output_bytes:,} bytes through a WebSocket",
            "MB/s",
            Goal("at least", 0.7),
            output,
            rate,
        ),
    )
    return [
        figure(
            "P12",
            what,
            unit=unit,
            against="a bare Starlette WebSocket on a PTY",
            goal=goal,
            rounds=interleaved(
                ground.say,
                sizes.rounds,
                lambda command=command, measured=measured: ours(command, measured),  # type: ignore[misc]
                lambda command=command, measured=measured: theirs(command, measured),  # type: ignore[misc]
            ),
        )
        for what, unit, goal, command, measured in figures
    ]


def _program(size_bytes: int) -> list[str]:
    """Says that it is ready, and writes when a key is pressed."""
    said = f"yes {_LINE} 2>/dev/null | head -c {size_bytes}"
    script = f"stty raw -echo; echo ready; head -c 1 >/dev/null; {said}; exec cat"
    return ["sh", "-c", script]


def _output_seconds(client: _Client, size_bytes: int) -> float:
    """RuntimeError if a byte is missing, another, or twice."""
    line = f"{_LINE}\n"
    wanted = (line * (size_bytes // len(line) + 1))[:size_bytes].encode()
    began = time.perf_counter()
    client.type("x")
    seen = 0
    while seen < size_bytes:
        piece = client.sees().encode()
        compare(wanted, seen, piece, "output")
        seen += len(piece)
    return time.perf_counter() - began


def _url(running: Daemon) -> str:
    """HTTP is served a moment after the first answer."""
    while True:
        url = running.ask({"type": "get-status"})["http"]["url"]
        if url is not None:
            return str(url)
        time.sleep(0.01)


@contextmanager
def _ours(ground: Ground, command: list[str]) -> Iterator[_Client]:
    with daemon(DataDir(ground.fresh("websocket") / "data")) as running:
        request = {
            "type": "create-session",
            "location_path": str(ground.fresh("place")),
            "worker": {"type": "terminal", "command": command},
        }
        made = running.ask(request)
        url = _url(running).replace("http", "ws", 1)
        path = f"/ws/session/{made['id']}/worker/{made['workers'][0]['id']}"
        headers = {"Authorization": f"Bearer {running.data.token.read_text().strip()}"}
        options: dict[str, Any] = {"additional_headers": headers, "compression": None}
        with connect(url + path, max_size=None, **options) as connection:
            yield _Client(connection, _shown, _typed)


def _shown(message: str) -> str:
    told = json.loads(message)
    return str(told["data"]) if told["type"] in {"history", "output"} else ""


def _typed(text: str) -> str:
    return json.dumps({"type": "input", "data": text})
