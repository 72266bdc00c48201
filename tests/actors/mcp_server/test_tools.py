"""The tools by a real client, each way that it may come, in both eras of the protocol."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from actors.mcp_server import arguments, server
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House
from tests.fakes.mcp_tools import WAYS, Tools, play, text_of
from tests.fakes.repositories import Repository

NAMES = {
    "list_sessions",
    "get_session_status",
    "create_session",
    "send_message",
    "wait_for",
    "read_output",
    "answer_permission",
    "close_session",
    "set_timer",
    "list_timers",
    "cancel_timer",
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def test_every_tool_is_listed_with_words_and_a_schema(open_greenroom: House, way: str) -> None:
    async def scene(tools: Tools) -> None:
        listed = (await tools.client.list_tools()).tools
        assert {tool.name for tool in listed} == NAMES
        for tool in listed:
            assert tool.description
            assert tool.input_schema["type"] == "object"
            assert tool.input_schema["additionalProperties"] is False
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint in {True, False}

    play(open_greenroom, way, scene)


def test_a_terminal_from_its_start_to_its_end(open_greenroom: House, way: str) -> None:
    place = str(open_greenroom.place)

    async def scene(tools: Tools) -> None:
        made = await tools.call("create_session", directory=place, command=["sh"], title="sh")
        assert (await tools.call("list_sessions"))["sessions"][0]["title"] == "sh"
        sent = await tools.call("send_message", session="sh", text="echo $((40+2)); cat")
        assert sent == {"typed": True, "worker": "terminal-1"}
        told = await tools.call("wait_for", session="sh", until=["idle"])
        assert (told["reached"], told["timed_out"]) == ("idle", False)
        for form in ("screen", "text"):
            seen = await tools.call("read_output", session="sh", form=form)
            assert "42" in seen["text"].splitlines()
        await tools.call("send_message", session=made["id"], text="\x04exit 3")
        ended = await tools.call("wait_for", session="sh", until=["exited"])
        assert ended["reached"] == "exited"
        assert ended["workers"][0]["exit_code"] == 3
        assert (await tools.call("close_session", session="sh"))["closed"] is True
        assert await tools.refused("get_session_status", session="sh") == "session-not-found"

    play(open_greenroom, way, scene)


def test_one_text_does_where_a_list_may_stand(open_greenroom: House) -> None:
    place = str(open_greenroom.place)

    async def scene(tools: Tools) -> None:
        line = "echo $((40+2)) | cat"
        made = await tools.call("create_session", directory=place, command=line, title="sh")
        told = await tools.call("wait_for", session=made["id"], until="exited")
        assert (told["reached"], told["workers"][0]["exit_code"]) == ("exited", 0)
        seen = await tools.call("read_output", session="sh", form="text")
        assert "42" in seen["text"].splitlines()
        wrong: tuple[object, ...] = ("soon", [], 7)
        for until in wrong:
            assert await tools.refused("wait_for", session="sh", until=until) == "bad-request"
        assert await tools.refused("create_session", directory=place, command="") == "bad-request"

    play(open_greenroom, WAYS[0], scene)


def test_a_conversation_is_asked_waited_for_and_read(open_greenroom: House, way: str) -> None:
    script: list[dict[str, Any]] = [
        {"when": "now", "reply": [{"text": "Again."}]},
        {"reply": [{"text": "Hello."}]},
    ]
    open_greenroom.converse(script)
    place = str(open_greenroom.place)

    async def scene(tools: Tools) -> None:
        made = await tools.call("create_session", directory=place, title="talk", prompt="Hi")
        first = await tools.call("wait_for", session="talk", response_id=made["response_id"])
        assert (first["reached"], first["response"]["text"]) == ("answered", "Hello.")
        sent = await tools.call("send_message", session="talk", text="And now?")
        await tools.call("wait_for", session="talk")
        answer = await tools.call("read_output", session="talk", **sent)
        assert (answer["status"], answer["text"]) == ("completed", "Again.")
        said = (await tools.call("read_output", session="talk"))["rounds"]
        assert [(each["said"], each["text"]) for each in said] == [
            ("Hi", "Hello."),
            ("And now?", "Again."),
        ]

    play(open_greenroom, way, scene)


def test_what_is_wrong_is_said_to_the_model(open_greenroom: House, way: str) -> None:
    place = str(open_greenroom.place)

    async def scene(tools: Tools) -> None:
        assert await tools.refused("no_such_tool") == "unknown-tool"
        assert await tools.refused("get_session_status") == "bad-request"
        assert await tools.refused("get_session_status", session=7) == "bad-request"
        assert await tools.refused("list_sessions", more="than it takes") == "bad-request"
        assert await tools.refused("create_session", prompt="Hi") == "bad-request"
        both = {"agent": "claude", "command": ["sh"]}
        assert await tools.refused("create_session", directory=place, **both) == "bad-request"
        branch = {"directory": place, "branch": "b"}
        assert await tools.refused("create_session", **branch) == "bad-request"
        assert await tools.refused("create_session", directory="/no/such") == "bad-location"
        gone = {"session": "no such"}
        for name in ("get_session_status", "read_output", "wait_for", "close_session"):
            assert await tools.refused(name, **gone) == "session-not-found"
        assert await tools.refused("send_message", text="Hi", **gone) == "session-not-found"
        nothing = {"permission": "none", "decision": "deny"}
        assert await tools.refused("answer_permission", **nothing) == "permission-not-found"

    play(open_greenroom, way, scene)


def test_who_closes_a_worktree_with_work_in_it_hears_what_that_is(
    open_greenroom: House, way: str
) -> None:
    repository = Repository(open_greenroom.place / "repository")

    async def scene(tools: Tools) -> None:
        given = {"directory": str(repository.place), "worktree": True, "branch": "part"}
        made = await tools.call("create_session", command=["true"], title="part", **given)
        await tools.call("wait_for", session="part", until="exited")
        tree = Path(open_greenroom.record(made["id"]).location_path)
        head = repository.commit(at=tree, done="and not merged")
        tree.joinpath("hello").write_text("changed")
        tree.joinpath("left.txt").write_text("not in git")
        result = await tools.client.call_tool("close_session", {"session": "part"})
        assert result.is_error
        text = text_of(result)
        assert text.startswith("worktree-not-safe: ")
        assert (
            "1 file with changes that are not committed: hello; 1 file not in git: left.txt; "
            in text
        )
        assert f"not merged: {head[:7]}" in text
        assert ("keep_worktree: true" in text, "--" in text) == (True, False)
        closed = await tools.call("close_session", session="part", keep_worktree=True)
        assert closed["closed"] is True

    play(open_greenroom, way, scene)
    (tree,) = open_greenroom.data.worktrees.glob("*/part")
    assert (tree / "left.txt").exists()


def test_a_hundred_calls_at_once_and_one_too_large(open_greenroom: House, way: str) -> None:
    made = open_greenroom.create(title="one", config={})

    async def scene(tools: Tools) -> None:
        calls = [tools.call("get_session_status", session="one") for _ in range(100)]
        told = await asyncio.gather(*calls)
        assert {each["id"] for each in told} == {made["id"]}
        long = "x" * (arguments.LONGEST_TEXT + 1)
        assert await tools.refused("send_message", session="one", text=long) == "bad-request"
        assert await tools.call("list_sessions")

    play(open_greenroom, way, scene)


def test_a_wait_tells_how_far_it_is_and_can_be_cancelled(open_greenroom: House, way: str) -> None:
    session, _ = open_greenroom.shell(command=["cat"])

    async def scene(tools: Tools) -> None:
        heard = asyncio.Event()

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            assert progress >= 0
            assert total is None
            assert "terminal-1" in (message or "")
            heard.set()

        given = {"session": session, "until": ["exited"], "timeout_seconds": 600}
        wait = tools.client.call_tool("wait_for", given, progress_callback=hear)
        waiting = asyncio.ensure_future(wait)
        await heard.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        short = {**given, "timeout_seconds": 0}
        told = await tools.call("wait_for", **short)
        assert (told["reached"], told["timed_out"]) == (None, True)

    play(open_greenroom, way, scene)


def test_what_may_be_left_out_need_not_be_null() -> None:
    schema = server._schema(arguments.CreateSession)
    assert schema["properties"]["title"]["type"] == "string"
    assert schema["properties"]["budget"] == {"$ref": "#/$defs/Budget"}
    assert schema["$defs"]["Budget"]["properties"]["usd"]["type"] == "number"


def test_a_result_is_bounded(open_greenroom: House) -> None:
    session, worker = open_greenroom.shell(command=["sh", "-c", "seq 1 200000; echo end; cat"])
    given = {"lines": 1}
    eventually(lambda: "end" in open_greenroom.output(session, worker, **given), seconds=60)

    async def scene(tools: Tools) -> None:
        given = {"session": session, "form": "text", "lines": 2000}
        result = await tools.client.call_tool("read_output", given)
        assert len(text_of(result)) < 50_000
        assert text_of(result).rstrip().endswith("end")

    play(open_greenroom, "http auto", scene)
