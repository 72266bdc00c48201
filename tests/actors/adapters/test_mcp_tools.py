"""Real servers over stdio and HTTP."""

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from actors.adapters.mcp_listing import Listing
from actors.adapters.mcp_tools import McpConnection, placed
from storage.records.workspace import McpServerSettings
from tests.fakes.mcp import by_script, connected, eventually, http_server, until
from tests.peers.messages_server import MessagesServer
from tests.peers.processes import alive, children

if TYPE_CHECKING:
    pass

SUMS = ["0", "2", "4", "6", "8"]


async def exercise(settings: McpServerSettings) -> list[str]:
    """The conversation that must go the same way over every transport; five sums in the end."""
    news: list[Listing] = []
    async with connected(settings, on_tools_changed=news.append) as (server, tools):
        names = {tool.name for tool in tools}
        assert {"demo.add", "demo.fail", "demo.die"} <= names
        assert (await server.call("add", {"a": 1, "b": 2}, 20)).content == "3"
        failed = await server.call("fail", {}, 20)
        assert failed.is_error
        assert "the cupboard is bare" in failed.content
        assert (await server.call("add", {"a": "x"}, 20)).is_error
        assert (await server.call("absent", {}, 20)).is_error
        await server.call("grow", {}, 20)
        await eventually(lambda: news)
        assert {tool.name for tool in news[-1].tools} == {*names, "demo.grown"}
        assert await server.list_tools() == news[-1].tools
        asked = [server.call("add", {"a": n, "b": n}, 20) for n in range(5)]
        sums = [answer.content for answer in await asyncio.gather(*asked)]
    assert await server.wait_closed() == "closed by us"
    with pytest.raises(ConnectionError, match="closed by us"):
        await server.call("add", {}, 1)
    with pytest.raises(ConnectionError):
        await server.list_tools()
    return sums


@pytest.mark.parametrize("protocol", ["auto", "legacy"])
def test_tools_over_stdio(protocol: Literal["auto", "legacy"]) -> None:
    assert asyncio.run(exercise(by_script("demo", protocol=protocol))) == SUMS


@pytest.mark.parametrize("protocol", ["auto", "legacy"])
def test_tools_over_http(protocol: Literal["auto", "legacy"]) -> None:
    with http_server() as (_, url):
        sums = asyncio.run(exercise(McpServerSettings(url=url, protocol=protocol)))
    assert sums == SUMS


def test_hints_count_only_where_the_workspace_trusts_them() -> None:
    async def only_readers(settings: McpServerSettings) -> Any:
        async with connected(settings) as (_, tools):
            return {tool.name for tool in tools if tool.only_reads}

    assert asyncio.run(only_readers(by_script("demo", trust_hints=True))) == {"demo.add"}
    assert asyncio.run(only_readers(by_script("demo"))) == set()


def test_a_call_past_its_limit_is_stopped_in_the_server_too(tmp_path: Path) -> None:
    async def late() -> Any:
        async with connected(by_script("demo")) as (server, _):
            mark = tmp_path / "stopped"
            outcome = await server.call("slow", {"seconds": 60, "mark": str(mark)}, 0.2)
            await eventually(mark.exists)
            assert (await server.call("add", {"a": 1, "b": 2}, 20)).content == "3"
            return outcome

    outcome = asyncio.run(late())
    assert outcome.is_error
    assert "0.2 seconds" in outcome.content


def test_a_cancelled_call_is_stopped_in_the_server_too(tmp_path: Path) -> None:
    async def cancelled() -> Any:
        async with connected(by_script("demo")) as (server, _):
            mark = tmp_path / "stopped"
            call = asyncio.create_task(server.call("slow", {"seconds": 60, "mark": str(mark)}, 60))
            await server.call("add", {"a": 1, "b": 2}, 20)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await eventually(mark.exists)
            assert (await server.call("add", {"a": 1, "b": 2}, 20)).content == "3"

    asyncio.run(cancelled())


def test_long_results_come_whole_and_images_are_named() -> None:
    async def results() -> Any:
        async with connected(by_script("demo")) as (server, _):
            return await server.call("big", {"size": 300_000}, 20), await server.call(
                "picture", {}, 20
            )

    big, picture = asyncio.run(results())
    assert big.content == "x" * 300_000
    assert picture.content.startswith("[image: image/png")


def test_a_server_gets_its_directory_and_no_more_of_our_environment_than_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    monkeypatch.setenv("GREENROOM_SESSION", "s1")

    async def where(**fields: Any) -> Any:
        async with connected(by_script("demo", env={"MINE": "1"}), **fields) as (server, _):
            return (await server.call("where", {}, 20)).content.splitlines()

    directory, *environment = asyncio.run(where(cwd=str(tmp_path)))
    assert directory == str(tmp_path)
    assert "MINE" in environment
    assert not [n for n in environment if n.startswith(("ANTHROPIC", "GREENROOM"))]


def test_a_server_that_dies_in_a_call_is_gone_with_its_reason(tmp_path: Path) -> None:
    log = tmp_path / "err.log"

    async def died() -> Any:
        async with connected(by_script("demo"), errlog_path=log) as (server, _):
            with pytest.raises(ConnectionError, match="exited with status 7: about to die"):
                await server.call("die", {}, 20)
            return await server.wait_closed()

    assert asyncio.run(died()) == "exited with status 7: about to die"
    assert log.read_text() == "about to die\n"


def test_a_server_killed_between_calls_is_noticed() -> None:
    before = children()

    async def killed() -> Any:
        async with connected(by_script("demo")) as (server, _):
            [child] = children() - before
            os.kill(child, signal.SIGKILL)
            return await asyncio.wait_for(server.wait_closed(), 20)

    assert "signal 9" in asyncio.run(killed())


def test_an_http_server_that_dies_is_gone_at_the_next_call() -> None:
    async def died(process: Any, url: str) -> Any:
        async with connected(McpServerSettings(url=url)) as (server, _):
            process.kill()
            process.wait()
            with pytest.raises(ConnectionError, match=r"127\.0\.0\.1"):
                await server.call("add", {"a": 1, "b": 2}, 20)
            await asyncio.wait_for(server.wait_closed(), 20)

    with http_server() as (process, url):
        asyncio.run(died(process, url))


def test_nobody_of_the_process_group_outlives_the_connection(tmp_path: Path) -> None:
    file = tmp_path / "child.pid"

    async def closed() -> Any:
        async with connected(by_script("demo", "--child", str(file))):
            child = int(file.read_text())
            assert alive(child)
            return child

    child = asyncio.run(closed())
    until(lambda: not alive(child))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (by_script("crash"), "exited with status 1: no database to serve"),
        (by_script("mute"), "no answer within 0.5 seconds"),
        (by_script("mute", protocol="legacy"), "no answer within 0.5 seconds"),
        (McpServerSettings(command="/no/such/program"), "'/no/such/program'"),
        (McpServerSettings(command="sh", cwd="/no/such/directory"), "'/no/such/directory'"),
        (McpServerSettings(url="http://user:secret@127.0.0.1:1/mcp"), r"\(at 127\.0\.0\.1:1\)"),
        (McpServerSettings(), "neither `command` nor `url`"),
        (McpServerSettings(command="a\0b"), "null byte"),
    ],
)
def test_a_server_that_cannot_be_reached_is_one_line_with_the_reason(
    settings: McpServerSettings, reason: str
) -> None:
    quick = 0.5 if "0.5" in reason else 20
    before = children()

    async def opened() -> Any:
        await McpConnection(
            "bad", settings, connect_timeout_seconds=quick, grace_seconds=0.2
        ).open()

    with pytest.raises(ConnectionError, match=reason) as caught:
        asyncio.run(opened())
    assert str(caught.value).startswith("MCP server bad: ")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert children() == before


def test_a_web_server_of_another_kind_is_refused() -> None:
    async def opened(url: str) -> Any:
        await McpConnection("bad", McpServerSettings(url=url)).open()

    with MessagesServer() as server, pytest.raises(ConnectionError, match="MCP server bad: "):
        asyncio.run(opened(f"{server.url}/mcp"))


def test_opening_can_be_cancelled() -> None:
    before = children()

    async def cancelled() -> Any:
        connection = McpConnection("mute", by_script("mute"), grace_seconds=0.2)
        task = asyncio.create_task(connection.open())
        await eventually(lambda: children() - before)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert children() == before


def test_a_server_that_pages_for_ever_and_talks_nonsense_does_no_harm() -> None:
    async def survived() -> Any:
        async with connected(by_script("hostile", protocol="legacy")) as (server, tools):
            assert [tool.name for tool in tools] == ["demo.odd"]
            return await server.call("odd", {}, 20)

    outcome = asyncio.run(survived())
    assert outcome.is_error


def test_the_location_is_filled_in_wherever_it_stands() -> None:
    settings = McpServerSettings(
        command="{{location_path}}/run",
        args=("--root", "{{location_path}}"),
        env={"ROOT": "{{location_path}}"},
        cwd="{{location_path}}",
    )
    filled = placed(settings, "/here")
    assert (filled.command, filled.cwd, filled.args) == ("/here/run", "/here", ("--root", "/here"))
    assert filled.env == {"ROOT": "/here"}
    assert placed(McpServerSettings(url="http://x.test"), "/here").url == "http://x.test"
