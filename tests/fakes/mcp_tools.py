"""Our tools as a client has them: over HTTP or stdio, in both eras of the protocol."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from actors.entry import entry_command
from storage import http_files
from storage.data_dir import DataDir
from tests.fakes.greenroom import House

RUN = Path(__file__).resolve().parents[2] / "run.py"
HTTP = ("http auto", "http legacy")
STDIO = ("stdio auto", "stdio legacy")
WAYS = (*HTTP, *STDIO)
SECONDS = 60.0


class Tools:
    """One connected client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def call(self, name: str, **arguments: Any) -> Any:
        """The structured result of a call that must go well."""
        result = await self.client.call_tool(name, arguments)
        assert not result.is_error, result.content
        assert text_of(result)
        return result.structured_content

    async def refused(self, name: str, **arguments: Any) -> str:
        """The code of a call that must be refused; the model reads it, and what to do."""
        result = await self.client.call_tool(name, arguments)
        assert result.is_error, result.content
        error = result.structured_content["error"]
        assert text_of(result).startswith(f"{error['code']}: {error['message']}")
        code: str = error["code"]
        return code


def text_of(result: Any) -> str:
    (block,) = result.content
    text: str = block.text
    return text


def of_session(data: DataDir, session_id: str) -> dict[str, str]:
    """The marks that an agent in this session has."""
    return {
        "GREENROOM_HOME": str(data.root),
        "GREENROOM_INSTANCE": data.instance,
        "GREENROOM_WORKER": f"{session_id}/worker",
        "GREENROOM_NONCE": "a nonce",
    }


@asynccontextmanager
async def tools(data: DataDir, way: str, url: str = "", **marks: str) -> AsyncIterator[Tools]:
    """`way`: one of `WAYS`; `url`: of the daemon, for those over HTTP."""
    kind, mode = way.split()
    if kind == "stdio":
        command, *arguments = entry_command("mcp-server", "--data", str(data.root))
        env = {"PATH": os.environ["PATH"], **marks}
        server: Any = StdioServerParameters(command=command, args=arguments, env=env)
        async with Client(server, mode=mode) as client:
            yield Tools(client)
        return
    headers = {"Authorization": f"Bearer {http_files.token(data)}"}
    async with httpx2.AsyncClient(headers=headers, timeout=SECONDS) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield Tools(client)


def play(
    house: House,
    way: str,
    scene: Callable[[Tools], Awaitable[None]],
    session: str | None = None,
    **more: str,
) -> None:
    """A scene with a client of this running house; `session`: the one that it acts for, by its
    marks and `more`.
    """

    async def in_time() -> None:
        marks = {**of_session(house.data, session), **more} if session else {}
        url = house.room.around.http.url or ""
        async with asyncio.timeout(SECONDS), tools(house.data, way, url, **marks) as connected:
            await scene(connected)

    asyncio.run(in_time())


def by_command(data: DataDir) -> StdioServerParameters:
    """As a client's config has it."""
    arguments = [str(RUN), "mcp", "--data", str(data.root)]
    return StdioServerParameters(command=sys.executable, args=arguments)
