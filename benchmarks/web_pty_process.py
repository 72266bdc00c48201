"""What a worker's WebSocket is measured against: a bare Starlette one on a PTY, in its own process.

Run as `python -m benchmarks.web_pty_process PROGRAM WORD…`: says its port, and serves one terminal
to whoever connects: text in is typed, what the program shows comes as text. It logs nothing and
gives no offsets.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn
from ptyprocess import PtyProcess
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

_READ_BYTES = 64 * 1024


@contextmanager
def web_pty(command: Sequence[str]) -> Iterator[str]:
    """The URL of one that runs."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.web_pty_process", *command],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield f"ws://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.terminate()


def _app(command: list[str]) -> Starlette:
    async def terminal(websocket: WebSocket) -> None:
        await websocket.accept()
        child: Any = PtyProcess.spawn(command, dimensions=(24, 80))
        showing = asyncio.create_task(_show(websocket, child.fd))
        with suppress(WebSocketDisconnect):
            while True:
                os.write(child.fd, (await websocket.receive_text()).encode())
        showing.cancel()
        child.close(force=True)

    return Starlette(routes=[WebSocketRoute("/", terminal)])


async def _show(websocket: WebSocket, fd: int) -> None:
    """One read is one message; nothing is read before that is sent."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        while True:
            await ready.wait()
            loop.remove_reader(fd)
            ready.clear()
            await websocket.send_text(os.read(fd, _READ_BYTES).decode(errors="replace"))
            loop.add_reader(fd, ready.set)
    finally:
        loop.remove_reader(fd)


def main(command: list[str]) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        _app(command),
        http="h11",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        loop="asyncio",
    )
    uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main(sys.argv[1:])
