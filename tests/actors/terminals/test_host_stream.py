"""The connection of the I/O loop to a terminal host: real ones, and sockets that only look so."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from actors.terminals import host_files
from actors.terminals import protocol as p
from actors.terminals.frames import frame
from actors.terminals.greeting import HostUnreachableError
from actors.terminals.host_stream import KEPT_BYTES, HostStream
from actors.terminals.identity import identify
from actors.terminals.sockets import listen_unix
from tests.fakes.greenroom import House, house


@pytest.fixture
def listening(tmp_path: Path) -> socket.socket:
    host_files.make_directories(tmp_path)
    return listen_unix(host_files.socket_path(tmp_path))


async def connected(data: Path, seconds: float = 5.0) -> HostStream:
    return await HostStream.connect(data, "test", seconds)


def test_a_real_one_says_what_it_holds(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        shown = asyncio.run(_talk(made, "/".join(made.shell(command=["cat"]))))
    assert shown == b"x\r\nx\r\n"


async def _talk(made: House, key: str) -> bytes:
    stream = await connected(made.data.root)
    state = stream.terminal(key)
    assert state is not None
    assert stream.terminal("nobody/here") is None
    stream.send(p.Watch(key=key, epoch=state.epoch, start=0))
    stream.send(p.Write(key=key, lease=0, number=1_000_000, data=b"x\r"))
    shown = b""
    while b"x\r\nx\r\n" not in shown:
        messages = await stream.receive()
        assert messages
        shown += b"".join(each.data for each in messages if isinstance(each, p.Output))
    stream.close()
    assert await stream.receive() == []
    return shown


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 400\r\n\r\n", frame(b"\xff"), frame(p.encode(p.Terminals(terminals=())))],
)
def test_what_is_no_host_is_not_taken_for_one(
    tmp_path: Path, listening: socket.socket, said: bytes
) -> None:
    async def meet() -> None:
        loop = asyncio.get_running_loop()
        asking = asyncio.create_task(connected(tmp_path))
        other, _ = await loop.sock_accept(listening)
        await loop.sock_sendall(other, said)
        other.close()
        with pytest.raises(HostUnreachableError):
            await asking

    with listening:
        asyncio.run(meet())


def test_one_that_says_nothing_is_given_up(tmp_path: Path, listening: socket.socket) -> None:
    with listening, pytest.raises(TimeoutError):
        asyncio.run(connected(tmp_path, 0.05))


def test_one_whose_queue_is_full_is_waited_for(tmp_path: Path) -> None:
    host_files.make_directories(tmp_path)
    path = str(host_files.socket_path(tmp_path))
    with ExitStack() as sockets:
        full, *others = [sockets.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(3)]
        full.bind(path)
        full.listen(0)
        for each in others:
            each.setblocking(False)
            each.connect_ex(path)
        with pytest.raises(TimeoutError):
            asyncio.run(connected(tmp_path, 0.1))


@pytest.mark.parametrize("remove", [Path.unlink, lambda path: None])
def test_where_none_is_it_is_said(tmp_path: Path, remove: Callable[[Path], object]) -> None:
    host_files.make_directories(tmp_path)
    path = host_files.socket_path(tmp_path)
    listen_unix(path).close()
    remove(path)
    with pytest.raises(OSError, match=r"\[Errno"):
        asyncio.run(connected(tmp_path))


@pytest.mark.parametrize("size", [60_000, KEPT_BYTES, 200_000, 1_000_000])
def test_a_message_of_any_size_comes_whole_and_the_next_after_it(
    tmp_path: Path, listening: socket.socket, size: int
) -> None:
    """Asked for late, and early: what is held back is only what comes behind a whole message."""
    shown: list[p.FromHost] = [
        p.Output("k/w", 1, at * size, (at + 1) * size, b"x" * size) for at in range(4)
    ]

    async def meet() -> list[p.FromHost]:
        loop = asyncio.get_running_loop()
        asking = asyncio.create_task(connected(tmp_path))
        other, _ = await loop.sock_accept(listening)
        welcome = p.Welcome(p.PROTOCOL_VERSION, identify(os.getpid(), "none"), ())
        words: list[p.FromHost] = [welcome, *shown]
        said = b"".join(frame(p.encode(each)) for each in words)
        saying = asyncio.create_task(loop.sock_sendall(other, said))
        stream = await asking
        heard: list[p.FromHost] = []
        async with asyncio.timeout(10):
            while len(heard) < len(shown):
                heard += await stream.receive()
        await saying
        stream.close()
        other.close()
        return heard

    with listening:
        assert asyncio.run(meet()) == shown
