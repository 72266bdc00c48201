"""An MCP server that asks back in the middle of its calls, and tells how far it is."""

from pathlib import Path
from typing import Annotated

import anyio
from mcp.server.mcpserver import Context, Elicit, MCPServer, Resolve
from pydantic import BaseModel

server = MCPServer("asking", log_level="ERROR")


class Sure(BaseModel):
    sure: bool


def _question(path: str) -> Elicit[Sure]:
    return Elicit(f"Remove {path}?", Sure)


@server.tool()
def remove(path: str, answer: Annotated[Sure, Resolve(_question)]) -> str:
    """Asks in the way that both protocols have, and needs an answer."""
    return f"removed {path}: {answer.sure}"


@server.tool()
async def confirm(ctx: Context) -> str:
    """Asks in the way of the older protocol, and takes a no."""
    answer = await ctx.elicit("Shall I\x1b[2J go on?", Sure)
    return f"the answer was {answer.action}"


@server.tool()
async def think(ctx: Context) -> str:
    """Wants to use our model."""
    await ctx.session.create_message([], max_tokens=10)
    return "thought"


@server.tool()
async def roots(ctx: Context) -> str:
    """Wants to know our directories."""
    return str(await ctx.session.list_roots())


@server.tool()
async def count(to: int, ctx: Context, until: str = "") -> str:
    """Tells each step, then waits for the file `until`."""
    for step in range(1, to + 1):
        await ctx.report_progress(step, to, f"step {step}")
    while until and not Path(until).exists():  # noqa: ASYNC110, ASYNC240 - the test makes it
        await anyio.sleep(0.02)
    return "counted"


if __name__ == "__main__":
    server.run("stdio")
