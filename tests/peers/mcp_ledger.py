"""An MCP server whose tools leave a line in a file outside: `look` reads only, `note` writes.

python mcp_ledger.py LEDGER

A note whose text begins with "hang" is noted and then never comes to its end; when it is told to
stop, a line says so.
"""

import os
import sys
from pathlib import Path

import anyio
from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations

server = MCPServer("ledger", log_level="ERROR")
LEDGER = Path(sys.argv[1])


def add(line: str) -> None:
    """In one write, so that lines of several processes do not mix."""
    descriptor = os.open(LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def look(text: str) -> str:
    """Read something."""
    add(f"look {text}")
    return f"seen {text}"


@server.tool()
async def note(text: str) -> str:
    """Write something."""
    add(f"note {text}")
    if text.startswith("hang"):
        try:
            await anyio.sleep_forever()
        except BaseException:
            add(f"told to stop {text}")
            raise
    return f"noted {text}"


if __name__ == "__main__":
    server.run("stdio")
