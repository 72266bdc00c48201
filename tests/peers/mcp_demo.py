"""A small MCP server: add, slow, fail, big, picture, grow; `die` ends the process in a call.

python mcp_demo.py                       over stdio
python mcp_demo.py --http PORT           over HTTP at /mcp
python mcp_demo.py --child FILE          starts a child in its group, its pid in FILE
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import anyio
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

server = MCPServer("demo", log_level="ERROR")
PIXEL = b"\x89PNG-like bytes"


@server.tool(annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True))
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
async def slow(seconds: float, mark: str) -> str:
    """Wait; touch the file `mark` when told to stop."""
    try:
        await anyio.sleep(seconds)
    except BaseException:
        Path(mark).touch()  # noqa: ASYNC240 - the moment of the cancel is what is shown
        raise
    return "waited"


@server.tool()
def fail() -> str:
    """Refuse, visibly."""
    raise ToolError("the cupboard is bare")


@server.tool()
def big(size: int) -> str:
    """A long text."""
    return "x" * size


@server.tool()
def picture() -> Image:
    """Something that is no text."""
    return Image(data=PIXEL, format="png")


@server.tool()
def where() -> str:
    """The directory and environment of the server."""
    return "\n".join([str(Path.cwd()), *sorted(os.environ)])


@server.tool()
def confess(paths: list[str]) -> str:
    """Say every secret that there is, also on stderr."""
    secrets = [os.environ.get("MCP_SECRET", ""), *(Path(each).read_text() for each in paths)]
    text = "I know " + " and ".join(secret.strip() for secret in secrets)
    sys.stderr.write(text + "\n")
    for secret in filter(None, map(os.environ.get, ("MCP_PEM", "MCP_WORD_SECRET"))):
        forms = (json.dumps(secret), json.dumps(secret, ensure_ascii=False), quote(secret))
        sys.stderr.write(f"{secret}\n")
        text += "".join(f" and {form}" for form in forms)
    return text


@server.tool()
async def grow(ctx: Context) -> str:
    """Learn another tool and say so."""

    def grown() -> str:
        return "grown"

    server.add_tool(grown)
    await ctx.session.send_tool_list_changed()
    await ctx.notify_tools_changed()
    return "done"


@server.tool()
def die() -> str:
    """End the process in the middle of the call."""
    sys.stderr.write("about to die\n")
    sys.stderr.flush()
    os._exit(7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--http", type=int)
    parser.add_argument("--child", type=Path)
    arguments = parser.parse_args()
    if arguments.child:
        child = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL)
        arguments.child.write_text(str(child.pid))
    if arguments.http is not None:
        server.run("streamable-http", port=arguments.http)
    else:
        server.run("stdio")


if __name__ == "__main__":
    main()
