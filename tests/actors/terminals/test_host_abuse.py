"""A host among clients that are broken, mute or far too many, and on a system that has no more."""

import errno
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.terminals import protocol
from actors.terminals.frames import frame
from actors.terminals.peer import OUT_QUEUE_BYTES
from tests.actors.terminals.test_host_life import connected, raw
from tests.fakes.environment import unmeasured

from .conftest import Client, eventually, is_alive

CONNECTIONS = 1000
CYCLES = 150

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**63) | st.text(max_size=8)
    | st.binary(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)  # fmt: skip
fields = st.sampled_from(
    ["request_id", "key", "argv", "cwd", "env", "log_directory", "nonce", "cols", "rows", "lease",
     "number", "data", "owner", "renew", "force", "signal", "scope", "epoch", "start", "by"]
)  # fmt: skip
types = st.sampled_from(sorted(protocol.TO_HOST_TYPES - {"shutdown", "spawn"})) | st.text(
    max_size=8
).filter(lambda text: text not in {"shutdown", "spawn"})
messages = st.builds(
    lambda kind, rest: frame(msgspec.msgpack.encode({**rest, "type": kind})),
    types,
    st.dictionaries(fields, values | st.just("s/w"), max_size=6),
)
garbage = st.binary(max_size=40) | st.binary(max_size=40).map(frame) | messages


@given(pieces=st.lists(garbage, max_size=8), greets=st.booleans(), cut=st.integers(0, 60))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_a_client_says_the_others_are_served(
    client: Client, pieces: list[bytes], greets: bool, cut: int
) -> None:
    if "s/w" not in client.states():
        client.spawn("s/w", "cat")
    sent = b"".join(pieces)
    with raw(client.data, hello=greets) as broken, suppress(OSError):
        broken.sendall(sent[: len(sent) - cut] if cut < len(sent) else sent)
    assert client.states()["s/w"].exit is None


def fds_of(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - names are enough


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@contextmanager
def limited(pid: int, more: int) -> Iterator[None]:
    """The process may open so many descriptors more than it has."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (fds_of(pid) + more, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextmanager
def many_files() -> Iterator[None]:
    """As many open here as may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_clients_that_say_nothing_keep_nobody_out(client: Client) -> None:
    pid = client.welcome.host.pid
    before = fds_of(pid)
    with many_files(), ExitStack() as mute:
        for _ in range(CONNECTIONS):
            mute.enter_context(raw(client.data, hello=False))
        eventually(lambda: fds_of(pid) >= before + CONNECTIONS)
        connected(client.data).close()
        client.spawn("s/w", "true")
        assert client.exit_of("s/w").code == 0
    eventually(lambda: fds_of(pid) <= before + 3)  # those of the terminal


def test_without_a_descriptor_left_those_who_are_there_are_served(client: Client) -> None:
    pid = client.welcome.host.pid
    client.spawn("s/w", "cat")
    with limited(pid, 0):
        waiting = raw(client.data)
        client.write("s/w", 1, b"typed\n")
        client.sees("s/w", b"typed\r\ntyped\r\n")
    with waiting:  # as soon as there is one again
        assert waiting.recv(1)


def test_a_start_for_which_there_is_no_descriptor_is_refused_and_leaves_none(
    client: Client,
) -> None:
    pid = client.welcome.host.pid
    before = fds_of(pid)
    answer: Any = None
    for more in range(9):
        with limited(pid, more):
            client.send_spawn("s/w", "true")
            answer = eventually(client.answer_to_spawn)
        if isinstance(answer, protocol.Spawned):
            break
        assert answer.errno == errno.EMFILE
        assert fds_of(pid) == before
    assert isinstance(answer, protocol.Spawned)
    assert more > 4  # a directory, a log, a pipe and two sides of a terminal
    client.send(protocol.End(key="s/w"))
    client.take(protocol.Ended)


def test_a_start_with_more_words_than_the_system_takes_is_refused(client: Client) -> None:
    for changes in (
        {"argv": ("true", *["x" * 1000] * 4000)},
        {"argv": ("true", "x" * 200_000)},
        {"env": {"PATH": os.environ["PATH"], "A": "x" * 200_000}},
    ):
        client.send_spawn("s/w", "true", **changes)
        assert client.take(protocol.SpawnFailed).errno == errno.E2BIG
    client.spawn("s/w", "true")
    assert client.exit_of("s/w").code == 0


def test_terminals_that_came_and_went_leave_nothing(client: Client) -> None:
    pid = client.welcome.host.pid
    client.spawn("s/first", "cat")
    before = (fds_of(pid), len(children_of(pid)))
    for number in range(CYCLES):
        key = f"s/{number}"
        epoch = client.spawn(key, "sh", "-c", "sleep 1000 & echo said; exec cat").epoch
        client.send(protocol.End(key=key))
        client.take(protocol.Ended, key)
        client.send(protocol.TakeExit(key=key, epoch=epoch))
        client.take(protocol.Closed, key)
        shutil.rmtree(client.log(key))
    assert set(client.states()) == {"s/first"}
    eventually(lambda: (fds_of(pid), len(children_of(pid))) == before)
    assert [path.name for path in client.log("s/first").parent.iterdir()] == ["first"]


def test_many_terminals_end_together(client: Client) -> None:
    """All of them are looked for at once: for each of them alone it would take minutes."""
    for number in range(CYCLES):
        client.spawn(f"s/{number}", "sh", "-c", "cat & exec cat")
    client.send(protocol.Shutdown())
    eventually(lambda: not is_alive(client.welcome.host.pid))
    ended = {client.exit_of(f"s/{number}").ended_by_us for number in range(CYCLES)}
    assert ended == {True}


def test_a_client_that_asks_without_reading_costs_a_bounded_memory(client: Client) -> None:
    client.spawn("s/w", "sh", "-c", "yes 0123456789 & sleep 1000")
    pid = client.welcome.host.pid
    with ExitStack() as mute:
        for _ in range(10):
            greedy = mute.enter_context(raw(client.data))
            greedy.sendall(frame(protocol.encode(protocol.Watch(key="s/w", start=0))))
        eventually(lambda: client.states()["s/w"].end_offset > 4 * OUT_QUEUE_BYTES)
        assert memory_of(pid) < 40_000_000
    client.send(protocol.End(key="s/w"))
    client.take(protocol.Ended)


def memory_of(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def test_it_needs_little_memory_and_no_processor_while_nothing_happens(
    connect: Callable[[], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in os.environ.keys() - unmeasured().keys():
        monkeypatch.delenv(name)
    client = connect()
    pid = client.welcome.host.pid
    assert memory_of(pid) < 20_000_000
    for number in range(20):
        client.spawn(f"s/{number}", "cat")
    client.states()
    connected(client.data).close()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)"]) as another:
        woken = eventually(lambda: switches_of(pid))
        another.wait()  # long enough for whatever might tick
    assert switches_of(pid) - woken <= 2


def switches_of(pid: int) -> int:
    """How often it has been woken."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt"))


def test_every_signal_has_its_default_in_a_child_whatever_the_starter_ignored(
    data: Path,
) -> None:
    ignore = "import os, signal, sys\n" + "".join(
        f"signal.signal({int(number)}, signal.SIG_IGN)\n"
        for number in sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})
    )
    code = ignore + (
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGTTIN})\n"
        "from actors.terminals import host\n"
        "sys.exit(host.main(['--data', sys.argv[1]]))\n"
    )
    data.mkdir()
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", code, str(data)], cwd=root) as process:
        client = Client(connected(data), data)
        client.spawn("s/w", "sh", "-c", "cat /proc/self/status | grep -E 'Sig(Ign|Blk|Cgt)'")
        client.exit_of("s/w")
        shown = client.output("s/w").decode().split()
        client.send(protocol.Shutdown())
        process.wait(20)
        client.connection.close()
    assert shown[1::2] == ["0000000000000000"] * 3


def test_a_host_whose_socket_goes_away_keeps_its_clients(
    client: Client, connect: Callable[[], Client]
) -> None:
    client.spawn("s/w", "cat")
    (client.data / "run" / "terminals.sock").unlink()
    client.write("s/w", 1, b"typed\n")
    client.sees("s/w", b"typed\r\ntyped")
    other = connect()
    assert other.welcome.host == client.welcome.host
    assert is_alive(client.welcome.host.pid)


def test_half_a_greeting_is_not_waited_for(client: Client) -> None:
    with socket.socket(socket.AF_UNIX) as half:
        half.connect(str(client.data / "run" / "terminals.sock"))
        half.sendall(b"\x00\x00")
        client.spawn("s/w", "true")
        assert client.exit_of("s/w").code == 0
