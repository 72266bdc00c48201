"""Connections to the MCP servers of `tests/peers`, and to those over HTTP."""

import asyncio
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from actors.adapters.mcp_tools import McpConnection
from storage.records.workspace import McpServerSettings

PEERS = Path(__file__).parents[1] / "peers"
DEMO = str(PEERS / "mcp_demo.py")


def by_script(name: str, *args: Any, **fields: Any) -> Any:
    return McpServerSettings(
        command=sys.executable, args=(str(PEERS / f"mcp_{name}.py"), *args), **fields
    )


@asynccontextmanager
async def connected(settings: McpServerSettings, **fields: Any) -> Any:
    connection = McpConnection("demo", settings, **fields)
    listing = await connection.open()
    try:
        yield connection, listing.tools
    finally:
        await connection.close()


@contextmanager
def http_server() -> Any:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [sys.executable, DEMO, "--http", str(port)]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as process:
        until(lambda: answers(port))
        try:
            yield process, f"http://127.0.0.1:{port}/mcp"
        finally:
            process.kill()


def answers(port: Any) -> Any:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Any, deadline_seconds: Any = 20.0) -> Any:
    deadline = time.monotonic() + deadline_seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def eventually(condition: Any, deadline_seconds: Any = 20.0) -> Any:
    await asyncio.to_thread(until, condition, deadline_seconds)
