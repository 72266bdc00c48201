"""A daemon beside a terminal host of another version, as after an upgrade, or after going back."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from actors.terminals import host_files, protocol
from actors.terminals.frames import FrameReader, frame
from tests.end_to_end.conftest import ROOT, House
from tests.end_to_end.test_attach import Attach, attach, keeper, shell

__all__ = ["attach"]
OTHER = ROOT / "tests" / "peers" / "other_host.py"

Begin = Callable[[int], "subprocess.Popen[bytes]"]


@pytest.fixture
def begin(house: House) -> Iterator[Begin]:
    """Starts a host of the version given, before anything else needs one."""
    started = []

    def start(version: int) -> "subprocess.Popen[bytes]":
        house.run("start")
        command = [sys.executable, str(OTHER), "--data", str(house.data.resolve()), str(version)]
        with (house.home / "host.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, env=house.environ
            )
        started.append(process)
        house.wait(lambda: host_files.recorded_host(house.data), "the host")
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def version_of(data: Path) -> int:
    from actors.terminals.greeting import greet

    greeted = greet(data, client="test", timeout_seconds=10)
    greeted.connection.close()
    return greeted.welcome.version


def test_an_older_host_is_used_as_it_is(house: House, begin: Begin, attach: Attach) -> None:
    host = begin(1)
    kept = keeper(house)
    assert version_of(house.data) == 1
    written = {"type": "write-input", "session": "one", "worker": "terminal-1", "data": "typed"}
    assert house.data_of(written) == {"accepted": 5}
    process = house.worker("one", "terminal-1")["process"]
    house.kill_daemon()
    house.wait(lambda: house.status()["terminal_host"]["terminals"] == 1, "the terminal")
    assert house.worker("one", "terminal-1")["process"] == process
    assert house.data_of(written) == {"accepted": 5}
    house.wait(lambda: kept.read_bytes() == b"typedtyped", "what was typed")
    watcher = attach("one", "--watch")
    watcher.sees(b"ready")
    assert host.poll() is None


def test_what_an_older_host_cannot_do_says_how_to_get_it(
    house: House, begin: Begin, attach: Attach
) -> None:
    host = begin(1)
    house.run("new", str(house.home), "--title", "one", "--terminal")
    house.wait(lambda: house.worker("one", "terminal-1")["process"], "the shell")
    status, shown = attach("one").ends()
    assert (status, b"greenroom restart --terminals" in shown) == (1, True)
    refused = house.json("detach", "one", expect=1)
    assert refused["error"]["code"] == "host-too-old"
    assert "greenroom restart --terminals" in refused["error"]["message"]
    house.run("restart")  # ends no terminal
    assert version_of(house.data) == 1
    house.run("restart", "--terminals")
    assert host.wait(20) == 0
    house.wait(lambda: house.worker("one", "terminal-1")["process"], "the shell")
    assert version_of(house.data) == protocol.PROTOCOL_VERSION
    attach("one").sees(b"$ ")


def test_a_newer_host_is_used_as_far_as_it_is_known(
    house: House, begin: Begin, attach: Attach
) -> None:
    begin(99)
    shell(house)
    assert version_of(house.data) == 99
    screen = attach("one")
    screen.sees(b"$ ")
    screen.type(b"echo $((6*7)); exit 3\r")
    screen.sees(b"42\r\n")
    house.wait(lambda: house.worker("one", "terminal-1")["exit"], "the end")
    assert house.worker("one", "terminal-1")["exit"]["code"] == 3
    house.kill_daemon()
    house.wait(lambda: house.status()["terminal_host"]["pid"], "the host")


def test_a_host_serves_a_client_of_version_1(house: House) -> None:
    """An older daemon that has come back: what it does not know, it is told too."""
    house.run("start")
    shell(house)
    key = f"{house.data_of({'type': 'get-session', 'session': 'one'})['id']}/"
    with closing(socket.socket(socket.AF_UNIX)) as old:
        old.settimeout(10)
        old.connect(str(host_files.socket_path(house.data)))
        reader = FrameReader()

        def hears() -> list[dict[str, object]]:
            return [msgspec.msgpack.decode(each) for each in reader.feed(old.recv(65536))]

        old.sendall(frame(msgspec.msgpack.encode({"type": "hello", "version": 1, "client": "o"})))
        [welcome, *_] = hears()
        assert welcome["version"] == protocol.PROTOCOL_VERSION
        terminals = welcome["terminals"]
        assert isinstance(terminals, list)
        assert terminals[0]["key"].startswith(key)
        asked = {"type": "write", "key": terminals[0]["key"], "lease": 0, "number": 9, "data": b""}
        old.sendall(frame(msgspec.msgpack.encode(asked)))
        assert any(heard["type"] == "accepted" for heard in hears())
