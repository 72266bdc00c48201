"""`greenroom mcp`: a process that serves the tools on its stdin and stdout, for one client.

It needs no daemon to start, and outlives any: each call asks the one that is there then.
"""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
from mcp.server.stdio import stdio_server

from actors.mcp_server.caller import caller_of
from actors.mcp_server.over_socket import SocketDaemon
from actors.mcp_server.server import make_server
from storage.data_dir import DataDir

USAGE_STATUS = 2


def main(arguments: Sequence[str]) -> int:
    """`--data DIR`. Ends with its input."""
    if len(arguments) != 2 or arguments[0] != "--data":
        sys.stderr.write("usage: mcp-server --data DIR\n")
        return USAGE_STATUS
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    anyio.run(_serve, DataDir(Path(arguments[1])))
    return 0


async def _serve(data: DataDir) -> None:
    server = make_server(SocketDaemon(data, caller_of(os.environ, data.instance)))
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
