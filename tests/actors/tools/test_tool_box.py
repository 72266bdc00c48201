import asyncio
import time
from typing import Any

import pytest

from actors.adapters.mcp_listing import Listing
from actors.ports import ToldProgress, ToolOutcome
from actors.tools.shared_tools import SharedTools
from actors.tools.tool_box import ToolBox, call_tool
from storage.records.tool import Tool
from storage.records.workspace import McpServerSettings

PATIENCE_SECONDS = 10.0


def tool(name: str) -> Tool:
    server = name.partition(".")[0]
    return Tool(name=name, server=server, description="", input_schema={})


def listing(*tools: Tool) -> Listing:
    return Listing(tools)


class Connection:
    """Says which tool was called; one that is `gone` raises."""

    def __init__(self, name: str = "", *, gone: bool = False) -> None:
        self.name = name
        self.gone = gone

    async def list_tools(self) -> tuple[Tool, ...]:
        return ()

    async def call(
        self,
        name: str,
        args: dict[str, Any],
        timeout_seconds: float | None = None,
        on_progress: ToldProgress | None = None,
    ) -> ToolOutcome:
        if self.gone:
            raise ConnectionError("it exited with 7")
        return ToolOutcome(content=f"{self.name}:{name}:{args}:{timeout_seconds}")


def names(box: ToolBox, timeout_seconds: float = PATIENCE_SECONDS) -> list[str]:
    return [each.name for each in asyncio.run(box.tools(timeout_seconds))]


def test_what_is_offered_is_there() -> None:
    box = ToolBox()
    assert names(box) == []
    box.offer("a", Connection(), listing(tool("a.one"), tool("a.two")))
    box.offer("b", Connection(), listing(tool("b.one")))
    assert names(box) == ["a.one", "a.two", "b.one"]


def test_a_server_that_is_being_started_is_waited_for() -> None:
    box = ToolBox()
    box.expect("a")

    async def wait() -> list[str]:
        waiting = asyncio.create_task(box.tools(PATIENCE_SECONDS))
        await asyncio.sleep(0)
        assert not waiting.done()
        box.offer("a", Connection(), listing(tool("a.one")))
        return [each.name for each in await waiting]

    assert asyncio.run(wait()) == ["a.one"]


def test_it_is_waited_for_only_so_long() -> None:
    box = ToolBox()
    box.offer("b", Connection(), listing(tool("b.one")))
    box.expect("a")
    started = time.monotonic()
    assert names(box, 0.05) == ["b.one"]
    assert time.monotonic() - started < PATIENCE_SECONDS


def test_a_server_that_never_came_offers_nothing_and_is_not_waited_for() -> None:
    box, server = ToolBox(), Connection()
    box.expect("a", server)
    box.withdraw("a", "it never came", server)
    assert names(box) == []
    assert box.problems == {"a": "it never came"}


def test_a_server_that_went_is_waited_for_since_it_comes_back() -> None:
    box, first, second = ToolBox(), Connection(), Connection()
    box.offer("a", first, listing(tool("a.one")))
    box.withdraw("a", "it exited with 7", first)
    assert box.find("a.one") == (None, "one")
    assert names(box, 0.05) == ["a.one"]
    gone = asyncio.run(call_tool((box,), "a.one", {}))
    assert gone.content == "the server of a.one does not run: it exited with 7"

    async def wait() -> list[str]:
        waiting = asyncio.create_task(box.tools(PATIENCE_SECONDS))
        await asyncio.sleep(0)
        box.expect("a", second)
        assert not waiting.done()
        box.offer("a", second, listing(tool("a.two")))
        return [each.name for each in await waiting]

    assert asyncio.run(wait()) == ["a.two"]


def test_a_server_that_does_not_come_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.tools.tool_box.COMES_BACK_SECONDS", 0.05)
    box, server = ToolBox(), Connection()
    box.offer("a", server, listing(tool("a.one")))
    box.withdraw("a", "it exited with 7", server)
    started = time.monotonic()
    assert names(box, 60.0) == ["a.one"]  # a call of it says why it does not run
    assert time.monotonic() - started < 30


def test_a_server_that_was_removed_is_forgotten() -> None:
    box, server = ToolBox(), Connection()
    box.offer("a", server, listing(tool("a.one")))
    box.forget("a")
    box.forget("a")
    box.withdraw("a", "closed by us", server)
    assert (names(box), box.problems) == ([], {})


def test_one_that_was_replaced_has_no_say_in_the_next() -> None:
    box, first, second = ToolBox(), Connection(), Connection()
    box.offer("a", first, listing(tool("a.one")))
    box.forget("a")
    box.expect("a")
    box.withdraw("a", "closed by us", first)
    assert box._has_pending()
    box.expect("a", second)
    box.offer("a", first, listing(tool("a.old")))
    assert box._has_pending()
    box.offer("a", second, listing(tool("a.two")))
    box.withdraw("a", "closed by us", first)
    assert names(box) == ["a.two"]


def test_settings_that_nobody_has_seen_yet_are_waited_for() -> None:
    box, servers = ToolBox(), {"a": McpServerSettings(command="x")}
    assert not box.want({})
    assert box.want(servers)

    async def wait() -> list[str]:
        waiting = asyncio.create_task(box.tools(PATIENCE_SECONDS))
        await asyncio.sleep(0)
        assert not waiting.done()
        box.expect("a")
        box.settled(servers)
        await asyncio.sleep(0)
        assert not waiting.done()
        box.offer("a", Connection(), listing(tool("a.one")))
        return [each.name for each in await waiting]

    assert asyncio.run(wait()) == ["a.one"]
    assert not box.want(servers)


def test_a_box_tells_how_its_servers_are() -> None:
    box, server = ToolBox(), Connection()
    box.expect("a")
    box.offer("b", server, Listing((tool("b.one"),), ("'odd': a bad name",)))
    box.refuse("c", "it is not allowed")
    states = {one.name: (one.state, one.tools, one.problem) for one in box.described()}
    assert states == {
        "a": ("starting", 0, None),
        "b": ("running", 1, None),
        "c": ("failed", 0, "it is not allowed"),
    }
    assert box.described()[1].left_out == ("'odd': a bad name",)
    assert not ToolBox()._has_pending()
    box.withdraw("b", "it exited with 7", server)
    assert box.described()[1].problem == "it exited with 7"


def test_a_tool_is_called_where_it_is_offered() -> None:
    own, shared = ToolBox(), ToolBox()
    own.offer("a", Connection("own"), listing(tool("a.one")))
    shared.offer("a", Connection("shared"), listing(tool("a.one")))
    shared.offer("b", Connection("shared"), listing(tool("b.one")))

    def call(name: str) -> ToolOutcome:
        return asyncio.run(call_tool((own, shared), name, {"x": 1}, 5))

    assert call("a.one").content == "own:one:{'x': 1}:5"
    assert call("b.deep.name").content.startswith("shared:deep.name:")


def test_a_tool_whose_server_is_gone_is_an_error_to_read() -> None:
    box = ToolBox()
    box.offer("a", Connection(gone=True), listing(tool("a.one")))
    gone = asyncio.run(call_tool((box,), "a.one", {}, 5))
    assert (gone.is_error, gone.content) == (True, "the server of a.one ended: it exited with 7")
    absent = asyncio.run(call_tool((box,), "b.one", {}, 5))
    assert (absent.is_error, absent.content) == (
        True,
        "the server of b.one does not run: mcp_servers of workspace.json has none of the name b",
    )
    wanted = McpServerSettings(command="b")
    box.want({"b": wanted})
    starting = asyncio.run(call_tool((box,), "b.one", {}, 5))
    assert starting.content == "the server of b.one does not run"


def test_each_workspace_has_one_shared_box() -> None:
    shared = SharedTools()
    assert shared.box("one") is shared.box("one")
    assert shared.box("one") is not shared.box("two")
