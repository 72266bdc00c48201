"""`greenroom mcp` as a client starts it: without a daemon, through restarts, and by `claude`."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client

from storage.data_dir import DataDir
from tests.end_to_end.conftest import RUN, House
from tests.fakes.mcp_tools import SECONDS, Tools, by_command, tools
from tests.peers import claude
from tests.peers.message_streams import stream, text, text_block, tool_block
from tests.peers.messages_server import MessagesServer


def play(house: House, way: str, scene: Callable[[Tools], Awaitable[None]], url: str = "") -> None:
    async def in_time() -> None:
        async with asyncio.timeout(2 * SECONDS):
            if way == "command":
                async with Client(by_command(DataDir(house.data))) as client:
                    await scene(Tools(client))
            else:
                async with tools(DataDir(house.data), way, url) as connected:
                    await scene(connected)

    asyncio.run(in_time())


def test_without_a_daemon_it_says_what_to_do_and_goes_on_when_one_is_there(house: House) -> None:
    async def scene(connected: Tools) -> None:
        assert len((await connected.client.list_tools()).tools) == 11
        assert await connected.refused("list_sessions") == "no-daemon"
        assert await connected.refused("wait_for", session="any") == "no-daemon"
        await asyncio.to_thread(house.run, "start")
        assert (await connected.call("list_sessions"))["sessions"] == []

    play(house, "command", scene)


def test_a_wait_outlives_a_daemon_that_is_killed(running: House) -> None:
    running.run("new", str(running.home), "--title", "job", "--", "cat")

    async def scene(connected: Tools) -> None:
        waiting = asyncio.create_task(connected.call("wait_for", session="job", until=["exited"]))
        await connected.call("get_session_status", session="job")
        await asyncio.to_thread(running.kill_daemon)
        typed = {"session": "job", "text": "still there"}
        await connected.call("send_message", **typed)
        await asyncio.to_thread(running.run, "halt", "job/terminal-1")
        assert (await waiting)["reached"] == "exited"

    play(running, "stdio auto", scene)


def test_what_is_asked_while_the_daemon_is_killed_is_done_once(running: House) -> None:
    titles = [f"part {number}" for number in range(12)]

    async def scene(connected: Tools) -> None:
        place = str(running.home)
        made = [
            asyncio.create_task(
                connected.call("create_session", title=title, directory=place, command=["cat"])
            )
            for title in titles
        ]
        await asyncio.wait(made, return_when=asyncio.FIRST_COMPLETED)
        killed = asyncio.create_task(asyncio.to_thread(running.kill_daemon))
        looks = [asyncio.create_task(connected.call("list_sessions")) for _ in range(5)]
        told = await asyncio.gather(*made)
        await asyncio.gather(*looks, killed)
        there = (await connected.call("list_sessions"))["sessions"]
        assert sorted(each["title"] for each in there) == sorted(titles)
        assert {each["id"] for each in told} == {each["id"] for each in there}

    play(running, "stdio auto", scene)


def test_over_http_it_is_behind_the_token_and_loaded_at_the_first_call(running: House) -> None:
    url = running.wait(lambda: running.status()["http"]["url"], "the port")
    files = Path(f"/proc/{running.status()['daemon']['pid']}/maps")
    assert "pydantic_core" not in files.read_text()

    async def scene(connected: Tools) -> None:
        assert (await connected.call("list_sessions"))["sessions"] == []

    play(running, "http auto", scene, url)
    assert "pydantic_core" in files.read_text()
    assert httpx2.post(f"{url}/mcp", json={}).status_code == 401
    assert "Traceback" not in (running.data / "run" / "daemon.log").read_text()


def test_a_client_is_told_how_to_start_it(house: House) -> None:
    config = json.loads(house.run("mcp", "--config").stdout)
    given = config["mcpServers"]["greenroom"]
    assert given["command"] == sys.executable
    assert given["args"][:2] == [str(RUN), "mcp"]
    assert "claude mcp add greenroom -- greenroom mcp" in house.run("mcp", "--help").stdout


LEAD = "mcp__greenroom__"
UNTIL_LED = 'until claude "$@" | grep "It is led."; do sleep 1; done'
"""On a busy machine it may begin before its tools are there; then it is asked again."""
PART = {"title": "part", "command": ["cat"]}


def led() -> dict[str, Any]:
    """It gives its model the structured results."""
    call = tool_block(f"{LEAD}create_session", json.dumps(PART), "toolu_create")
    look = tool_block(f"{LEAD}list_sessions", "{}", "toolu_list")
    return {
        '"sessions":[': text("It is led."),
        '"title":"part"': stream([text_block("And now?"), look], "tool_use"),
        "Lead": stream([text_block("I begin."), call], "tool_use"),
    }


@pytest.mark.peers
def test_a_real_claude_leads_a_session_of_its_own(running: House) -> None:
    """In a terminal of ours it is a session, and what it starts is below that."""
    work = running.home / "work"
    work.mkdir()
    claude.settle(running.home, work)
    config = running.home / "mcp.json"
    server = {"command": sys.executable, "args": [str(RUN), "mcp"]}
    config.write_text(json.dumps({"mcpServers": {"greenroom": server}}))
    with MessagesServer(claude.answers(led())) as model:
        words = ["-p", "Lead", "--mcp-config", str(config), "--strict-mcp-config"]
        words += ["--allowedTools", f"{LEAD}create_session,{LEAD}list_sessions"]
        env = claude.environment(running.home, model.url)
        command = ["sh", "-c", UNTIL_LED, "lead", *words]
        worker = {"type": "terminal", "command": command, "env": env, "restart": "never"}
        place = {"location_path": str(work), "title": "lead"}
        made = running.data_of({"type": "create-session", "worker": worker, **place})
        running.wait(lambda: "It is led." in output(running, made), "the end of it", 2 * SECONDS)
        listed = {tool["name"] for tool in model.requests[-1].body["tools"]}
        assert {f"{LEAD}wait_for", f"{LEAD}answer_permission"} <= listed
    part = running.data_of({"type": "get-session", "session": "part"})
    assert part["parent_session_id"] == made["id"]
    assert part["workers"][0]["status"] == "running"


def output(house: House, made: Any) -> str:
    of = {"session": made["id"], "worker": made["workers"][0]["id"]}
    return str(house.data_of({"type": "get-output", **of})["data"])
