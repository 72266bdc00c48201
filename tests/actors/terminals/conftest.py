"""A real terminal host per test, and a client that waits for what it expects."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from actors.process_table import look_up
from actors.terminals import host_files, protocol
from actors.terminals.connection import HostConnection
from actors.terminals.ensure_host import ensure_host
from actors.terminals.greeting import HostUnreachableError
from storage.output_log import read

PATIENCE_SECONDS = 20.0

M = TypeVar("M")


def eventually(condition: Callable[[], Any]) -> Any:
    """The first true value of `condition`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError("it did not happen")


def is_alive(pid: int) -> bool:
    entry = look_up(pid)
    return entry is not None and not entry.is_dead


class Client:
    """A connection with its messages in a list, from which `take` removes."""

    def __init__(self, connection: HostConnection, data: Path) -> None:
        self.connection = connection
        self.welcome = connection.welcome
        self.data = data
        self.closed = ""
        self._messages: list[protocol.FromHost] = []
        self._changed = threading.Condition()
        connection.start(on_message=self._on_message, on_closed=self._on_closed)

    def send(self, message: protocol.ToHost) -> None:
        assert self.connection.send(message)

    def take(self, kind: type[M], key: str | None = None) -> M:
        """Wait for the first message of this kind (and key), and remove it."""
        found: list[M] = []

        def look() -> bool:
            for message in self._messages:
                if isinstance(message, kind) and key in {None, getattr(message, "key", None)}:
                    self._messages.remove(message)
                    found.append(message)
                    return True
            return False

        with self._changed:
            assert self._changed.wait_for(look, PATIENCE_SECONDS), (kind, self._messages)
        return found[0]

    def answer_to_spawn(self) -> protocol.Spawned | protocol.SpawnFailed | None:
        """What came of a start, if that is known yet."""
        with self._changed:
            for message in self._messages:
                if isinstance(message, protocol.Spawned | protocol.SpawnFailed):
                    self._messages.remove(message)
                    return message
        return None

    def spawn(self, key: str, /, *argv: str, **changes: Any) -> protocol.Spawned:
        self.send_spawn(key, *argv, **changes)
        return self.take(protocol.Spawned, key)

    def send_spawn(self, key: str, /, *argv: str, **changes: Any) -> None:
        fields: dict[str, Any] = {
            "request_id": f"request-{key}",
            "key": key,
            "argv": argv,
            "cwd": "/",
            "env": {"PATH": os.environ["PATH"], "PS1": "$ "},
            "log_directory": str(self.log(key)),
            "nonce": f"nonce-{key}",
        }
        self.send(protocol.Spawn(**fields | changes))

    def write(self, key: str, number: int, data: bytes, lease: int = 0) -> None:
        self.send(protocol.Write(key=key, lease=lease, number=number, data=data))

    def log(self, key: str) -> Path:
        return self.data / "workspaces" / "default" / "sessions" / key

    def output(self, key: str) -> bytes:
        return read(self.log(key), limit=10**9).data

    def sees(self, key: str, text: bytes) -> bytes:
        return eventually(lambda: text in self.output(key)) and self.output(key)

    def exit_of(self, key: str) -> protocol.TerminalExit:
        return self.take(protocol.Exited, key).exit

    def states(self) -> dict[str, protocol.TerminalState]:
        self.send(protocol.ListTerminals())
        return {state.key: state for state in self.take(protocol.Terminals).terminals}

    def _on_message(self, message: protocol.FromHost) -> None:
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    def _on_closed(self, reason: str) -> None:
        with self._changed:
            self.closed = reason
            self._changed.notify_all()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def connect(data: Path) -> Iterator[Callable[[], Client]]:
    """Connects to the host of `data`, which is started by the first call and ended after."""
    clients: list[Client] = []

    def connect_client() -> Client:
        clients.append(Client(ensure_host(data, PATIENCE_SECONDS), data))
        return clients[-1]

    yield connect_client
    for client in clients:
        client.connection.close()
    end_host(data)


@pytest.fixture
def client(connect: Callable[[], Client]) -> Client:
    return connect()


def end_host(data: Path) -> None:
    """Ask it to shut down, and wait until it is gone."""
    host = host_files.recorded_host(data)
    if host is None:
        return
    with suppress(OSError, HostUnreachableError):
        connection = HostConnection.connect(data)
        connection.send(protocol.Shutdown())
        eventually(lambda: not is_alive(host.pid))
        connection.close()
    if is_alive(host.pid):
        os.kill(host.pid, 9)
