"""How a host begins, is found again, is shared, and ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from actors.entry import clean_environment, entry_command
from actors.terminals import host_files, protocol
from actors.terminals.connection import HostConnection
from actors.terminals.frames import MAX_FRAME_BYTES, FrameReader, frame
from actors.terminals.sockets import connect_unix
from tests.fakes.environment import unmeasured

from .conftest import PATIENCE_SECONDS, Client, eventually, is_alive

PROJECT = Path(__file__).parents[3]
FORBIDDEN = {"psutil", "pykka", "asyncio", "anthropic", "mcp", "watchdog", "subprocess", "hashlib"}

WATCHER = """
import sys, threading
from pathlib import Path
from actors.terminals import protocol
from actors.terminals.connection import HostConnection
connection = HostConnection.connect(Path(sys.argv[1]))
connection.start(on_message=lambda message: print(type(message), flush=True), on_closed=print)
connection.send(protocol.Watch(key="s/w", start=0))
connection.send(protocol.Write(key="s/w", lease=0, number=1, data=b"go\\n"))
threading.Event().wait()
"""


def raw(data: Path, *, hello: bool = True) -> socket.socket:
    connection = connect_unix(host_files.socket_path(data), PATIENCE_SECONDS)
    if hello:
        message = protocol.Hello(version=protocol.PROTOCOL_VERSION, client="raw")
        connection.sendall(frame(protocol.encode(message)))
    return connection


def run_host(data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        entry_command("terminal-host", "--data", str(data)),
        cwd="/",
        env=clean_environment(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@contextmanager
def impatient_host(data: Path, change: str) -> Iterator[subprocess.Popen[bytes]]:
    """A host in which one constant is changed first."""
    code = (
        f"import sys; from actors.terminals import host, peer; {change}; "
        "sys.exit(host.main(['--data', sys.argv[1]]))"
    )
    data.mkdir()
    with (
        (data / "stderr").open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-c", code, str(data)], cwd=PROJECT, stderr=stderr
        ) as process,
    ):
        yield process


def connected(data: Path) -> HostConnection:
    def attempt() -> HostConnection | None:
        with suppress(OSError):
            return HostConnection.connect(data)
        return None

    connection = eventually(attempt)
    assert isinstance(connection, HostConnection)
    return connection


def test_the_host_imports_little() -> None:
    code = "import sys, actors.terminals.host; print(*{m.partition('.')[0] for m in sys.modules})"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        env=unmeasured(),
    )
    assert not FORBIDDEN & set(result.stdout.split())


def test_a_second_host_exits_at_once_and_leaves_the_first_alone(client: Client, data: Path) -> None:
    client.spawn("s/w", "cat")
    result = run_host(data)
    assert result.returncode == 3
    assert set(client.states()) == {"s/w"}


def test_the_socket_the_log_and_the_identity_are_private(client: Client, data: Path) -> None:
    paths = (
        host_files.socket_path(data),
        host_files.log_path(data),
        data / "workspaces" / ".terminal-host.json",
    )
    assert {oct(path.stat().st_mode & 0o777) for path in paths} == {"0o600"}
    assert host_files.recorded_host(data) == client.welcome.host


def test_ends_are_kept_while_nobody_is_connected(connect: Callable[[], Client]) -> None:
    first = connect()
    killed = first.spawn("s/killed", "sleep", "100").identity.pid
    quits = first.spawn("s/quits", "sh", "-c", "read line; exit 9").identity.pid
    first.write("s/quits", 1, b"\n")
    first.take(protocol.Accepted)
    first.connection.close()
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: not is_alive(killed) and not is_alive(quits))

    def ends() -> dict[str, protocol.TerminalExit]:
        return {s.key: s.exit for s in second.states().values() if s.exit is not None}

    second = connect()
    assert second.welcome.host == first.welcome.host
    eventually(lambda: len(ends()) == 2)
    assert (ends()["s/killed"].signal, ends()["s/killed"].ended_by_us) == (signal.SIGKILL, False)
    assert ends()["s/quits"].code == 9
    for key in ("s/killed", "s/quits"):
        second.send(protocol.TakeExit(key=key, epoch=1))
    assert second.states() == {}


def test_every_byte_is_logged_once_although_a_watching_client_is_killed(
    client: Client, data: Path
) -> None:
    client.spawn("s/w", "sh", "-c", "read line; exec seq 450000")
    with subprocess.Popen(
        [sys.executable, "-c", WATCHER, str(data)], cwd=PROJECT, stdout=subprocess.PIPE
    ) as watcher:
        assert watcher.stdout is not None
        while b"Output" not in watcher.stdout.readline():
            pass
        watcher.kill()
    assert client.exit_of("s/w").code == 0
    expected = b"go\r\n" + b"".join(b"%d\r\n" % number for number in range(1, 450001))
    assert client.output("s/w") == expected
    client.connection.send(protocol.ListTerminals())
    assert client.take(protocol.Terminals).terminals[0].input_numbers == {0: 1}


def test_watchers_get_all_output_from_their_offset_on(client: Client) -> None:
    client.spawn("s/w", "seq", "60000")
    client.send(protocol.Watch(key="s/w", start=0))
    end = client.exit_of("s/w").end_offset
    got = b""
    while len(got) < end:
        output = client.take(protocol.Output)
        assert output.start == len(got)
        got += output.data
    assert got == client.output("s/w")
    client.send(protocol.Watch(key="s/w", epoch=1, start=end - 7))
    assert client.take(protocol.Output).data == b"60000\r\n"


def test_a_watcher_may_ask_for_offsets_only_and_stop(client: Client) -> None:
    client.spawn("s/w", "cat")
    client.send(protocol.Watch(key="s/w", data=False))
    client.write("s/w", 1, b"a\n")
    client.sees("s/w", b"a\r\na\r\n")
    end = 0
    while end < 6:
        output = client.take(protocol.Output)
        assert (output.data, output.start) == (b"", end)
        end = output.end
    client.send(protocol.Unwatch(key="s/w"))
    client.write("s/w", 2, b"\x04")
    client.exit_of("s/w")


def test_a_watcher_that_lags_reads_all_of_it_later(client: Client, data: Path) -> None:
    """It reads nothing until the end: the rest comes from the log, not from memory."""
    client.spawn("s/w", "sh", "-c", "read line; exec seq 300000")
    with raw(data) as lagging:
        lagging.sendall(frame(protocol.encode(protocol.Watch(key="s/w", start=0))))
        client.write("s/w", 1, b"\n")
        end = client.exit_of("s/w").end_offset
        reader, got = FrameReader(), b""
        while len(got) < end:
            for payload in reader.feed(lagging.recv(65536)):
                message = protocol.decode_from_host(payload)
                if isinstance(message, protocol.Output):
                    got += message.data
    assert got == client.output("s/w")


def test_a_client_that_asks_and_does_not_read_is_dropped_while_others_go_on(
    client: Client, data: Path
) -> None:
    client.spawn("s/w", "cat")
    flood = frame(protocol.encode(protocol.ListTerminals())) * 1000
    with raw(data) as deaf:
        dropped = False
        while not dropped:
            try:
                deaf.sendall(flood)
            except (BrokenPipeError, ConnectionResetError):
                dropped = True
    client.write("s/w", 1, b"\x04")
    assert client.exit_of("s/w").code == 0


def test_garbage_closes_only_the_client_that_sent_it(client: Client, data: Path) -> None:
    for garbage in (
        (MAX_FRAME_BYTES + 1).to_bytes(4, "big"),
        frame(b"\xc1 not msgpack"),
        frame(b"\x93\x01\x02\x03"),
    ):
        with raw(data) as connection:
            connection.sendall(garbage)
            with suppress(ConnectionResetError):
                while connection.recv(65536):
                    pass
    with raw(data, hello=False) as connection:
        connection.sendall(frame(protocol.encode(protocol.ListTerminals())))
        assert connection.recv(100) == b""
    assert client.states() == {}


def test_a_message_of_a_newer_client_is_refused_and_the_client_kept(
    client: Client, data: Path
) -> None:
    with raw(data) as connection:
        reader = FrameReader()
        connection.sendall(frame(msgspec.msgpack.encode({"type": "dream", "key": "s/w"})))
        connection.sendall(frame(msgspec.msgpack.encode({"type": "write", "key": "s/w"})))
        connection.sendall(frame(msgspec.msgpack.encode({"type": "list-terminals", "new": 1})))
        answers: list[protocol.FromHost | None] = []
        while len(answers) < 4:
            answers += map(protocol.decode_from_host, reader.feed(connection.recv(65536)))
    codes = [answer.code for answer in answers if isinstance(answer, protocol.Refused)]
    assert codes == ["unknown-message", "malformed"]
    assert isinstance(answers[-1], protocol.Terminals)


def test_shutdown_ends_the_terminals_tells_of_it_and_exits(client: Client) -> None:
    pid = client.spawn("s/w", "sleep", "100").identity.pid
    client.send(protocol.Shutdown())
    assert client.exit_of("s/w").ended_by_us
    client.take(protocol.Ended)
    eventually(lambda: client.closed == "closed by the host")
    assert not is_alive(pid)
    eventually(lambda: not is_alive(client.welcome.host.pid))
    assert not host_files.socket_path(client.data).exists()


def test_sigterm_is_a_shutdown(client: Client) -> None:
    pid = client.spawn("s/w", "sleep", "100").identity.pid
    os.kill(client.welcome.host.pid, signal.SIGTERM)
    client.take(protocol.Ended)
    eventually(lambda: not is_alive(client.welcome.host.pid))
    assert not is_alive(pid)


def test_with_nothing_to_hold_and_nobody_connected_it_exits(data: Path) -> None:
    with impatient_host(data, "host.IDLE_SECONDS = 0.3") as host:
        client = Client(connected(data), data)
        client.spawn("s/w", "true")
        client.exit_of("s/w")
        client.connection.close()
        with pytest.raises(subprocess.TimeoutExpired):
            host.wait(0.6)
        client = Client(connected(data), data)
        client.send(protocol.TakeExit(key="s/w", epoch=1))
        client.take(protocol.Closed)
        client.connection.close()
        assert host.wait(PATIENCE_SECONDS) == 0
    assert not host_files.socket_path(data).exists()


def test_a_client_that_takes_nothing_for_long_is_dropped(data: Path) -> None:
    with impatient_host(data, "peer.STALL_SECONDS = 0.3") as host:
        client = Client(connected(data), data)
        client.spawn("s/w", "seq", "200000")
        with raw(data) as deaf:
            deaf.sendall(frame(protocol.encode(protocol.Watch(key="s/w", start=0))))
            eventually(lambda: b"does not read" in (data / "stderr").read_bytes())
        assert client.states()["s/w"].epoch == 1
        client.send(protocol.Shutdown())
        assert host.wait(PATIENCE_SECONDS) == 0
        eventually(lambda: client.closed)


def test_a_host_that_dies_takes_its_terminals_along(client: Client) -> None:
    pid = client.spawn("s/w", "sh").identity.pid
    client.sees("s/w", b"$ ")
    os.kill(client.welcome.host.pid, signal.SIGKILL)
    assert eventually(lambda: not is_alive(pid))
    assert eventually(lambda: client.closed)


def test_whoever_counts_bytes_is_told_seldom_and_of_all(client: Client) -> None:
    client.spawn("s/w", "sh", "-c", "read line; seq 100000")
    client.send(protocol.Watch(key="s/w", data=False))
    client.write("s/w", 1, b"go\n")
    end = client.exit_of("s/w").end_offset
    told: list[protocol.Output] = []
    while not told or told[-1].end < end:
        told.append(client.take(protocol.Output))
        assert told[-1].start == (told[-2].end if len(told) > 1 else 0)
    assert end > 500_000
    assert len(told) < end / 4096 / 2
    assert {each.typed_bytes for each in told} == {3}
