"""What a server may do to us: lie, ask back, flood, and say nothing. Real processes, both eras."""

import asyncio
import resource
from pathlib import Path
from typing import Any, Literal

import pytest

from actors.adapters.mcp_listing import MOST_TOOLS, Listing
from actors.adapters.mcp_tools import McpConnection
from actors.ports import ToolOutcome
from tests.fakes.mcp import by_script, connected, eventually

Era = Literal["auto", "legacy"]
ERAS = pytest.mark.parametrize("protocol", ["auto", "legacy"])


def liar(*lies: str, **fields: Any) -> Any:
    return by_script("liar", *lies, protocol="legacy", **fields)


def asked(tool: str, *lies: str, **fields: Any) -> ToolOutcome:
    """The outcome of one call; then the connection must still be of use."""

    async def ask() -> ToolOutcome:
        async with connected(liar(*lies, **fields)) as (server, _):
            outcome: ToolOutcome = await server.call(tool, {})
            assert (await server.call("fine", {})).content.startswith("fine")
            return outcome

    return asyncio.run(ask())


def listed(*lies: str) -> Listing:
    async def look() -> Listing:
        connection = McpConnection("demo", liar(*lies))
        try:
            return await connection.open()
        finally:
            await connection.close()

    return asyncio.run(look())


def test_a_result_of_100_mb_is_cut_and_takes_no_more_memory_than_it_may() -> None:
    asked("fine")  # what the SDK itself takes is not what is looked at
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = asked("huge")
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert outcome.content.startswith("yyyy")
    assert outcome.content.endswith("bytes.]")
    assert len(outcome.content) < 2 * 1024 * 1024
    assert grown_kib < 64 * 1024  # a line may have 16 MiB before it is cut


def test_100_mb_that_are_no_text_are_an_error() -> None:
    outcome = asked("blob")
    assert outcome.is_error
    assert "too long" in outcome.content


def test_answers_to_others_and_nonsense_do_no_harm() -> None:
    assert asked("wrong").content == "yours"
    odd = asked("odd")
    assert odd.is_error
    assert odd.content.startswith("Not a tool result")


def test_a_result_is_not_held_against_a_schema_of_the_servers_own() -> None:
    assert asked("slow_regex").content == '{"a": "' + "a" * 60 + '!"}'


def test_noise_goes_into_the_log_which_is_bounded(tmp_path: Path) -> None:
    async def call() -> Any:
        log = tmp_path / "noise.log"
        async with connected(liar("noise"), errlog_path=log) as (server, _):
            assert (await server.call("fine", {})).content == "fine"
        return log

    log = asyncio.run(call())
    assert "stdout: this line is no JSON" in log.with_name("noise.log.1").read_text() + (
        log.read_text()
    )
    assert log.stat().st_size <= 256 * 1024


@pytest.mark.parametrize("lie", ["flood", "asks"])
def test_floods_are_survived(lie: str) -> None:
    async def calls() -> list[str]:
        async with connected(liar(lie), on_tools_changed=lambda _: None) as (server, _):
            return [(await server.call("fine", {}, 60)).content for _ in range(3)]

    for content in asyncio.run(calls()):
        assert content.startswith("fine")
        assert len(content) < 2000


def test_a_call_that_is_never_answered_ends_at_the_servers_own_limit() -> None:
    outcome = asked("never", timeout_seconds=0.3)
    assert outcome.is_error
    assert "0.3 seconds" in outcome.content


def test_listings_that_lie_leave_what_can_be_used() -> None:
    assert "does not end" in listed("pages").left_out[0]
    many = listed("many")
    assert len(many.tools) == MOST_TOOLS
    schemas = listed("schemas")
    assert "demo.fine" in {tool.name for tool in schemas.tools}
    assert {reason.partition(":")[0] for reason in schemas.left_out} == {
        "'text'", "'choice'", "'names'", "'wide'"
    }  # fmt: skip
    escapes = {tool.name: tool.description for tool in listed("escapes").tools}
    assert escapes["demo.painted"] == "[2J1mredder\nline two"
    assert len(listed("twice").left_out) == 1


def test_a_list_that_cannot_be_read_is_the_reason() -> None:
    with pytest.raises(ConnectionError, match="the answer cannot be read"):
        listed("deep")


def test_a_description_that_changes_is_another_digest() -> None:
    news: list[Listing] = []

    async def changed() -> Any:
        settings = liar("changing", "flood")
        async with connected(settings, on_tools_changed=news.append) as (server, tools):
            await server.call("fine", {})
            await eventually(lambda: news)
            return tools

    before = {tool.name: tool.digest for tool in asyncio.run(changed())}
    after = {tool.name: tool.digest for tool in news[-1].tools}
    assert before.keys() == after.keys()
    assert before["demo.fine"] != after["demo.fine"]


@ERAS
def test_a_question_in_a_call_is_declined_at_once_and_told(protocol: Era, tmp_path: Path) -> None:
    async def ask() -> Any:
        log = tmp_path / "asked.log"
        settings = by_script("asking", protocol=protocol)
        async with connected(settings, errlog_path=log) as (server, _):
            outcome = await server.call("remove", {"path": "all"}, 20)
            assert (await server.call("count", {"to": 1}, 20)).content == "counted"
            return outcome, log.read_text()

    outcome, log = asyncio.run(ask())
    assert outcome.is_error
    assert "[The server asked: 'Remove all?'. It was told that nobody answers.]" in outcome.content
    assert "declined the question 'Remove all?'" in log


def test_a_question_of_the_older_protocol_is_declined_and_has_no_control_characters() -> None:
    async def ask() -> ToolOutcome:
        async with connected(by_script("asking", protocol="legacy")) as (server, _):
            outcome: ToolOutcome = await server.call("confirm", {}, 20)
            return outcome

    outcome = asyncio.run(ask())
    assert outcome.content.startswith("the answer was decline\n[The server asked: 'Shall I")
    assert "\x1b" not in outcome.content


@ERAS
@pytest.mark.parametrize("tool", ["think", "roots"])
def test_our_model_and_our_directories_are_refused(protocol: Era, tool: str) -> None:
    async def ask() -> ToolOutcome:
        async with connected(by_script("asking", protocol=protocol)) as (server, _):
            outcome: ToolOutcome = await server.call(tool, {}, 20)
            assert (await server.call("count", {"to": 1}, 20)).content == "counted"
            return outcome

    assert asyncio.run(ask()).is_error


@ERAS
def test_progress_is_told_while_the_call_runs(protocol: Era, tmp_path: Path) -> None:
    told: list[str] = []
    done = tmp_path / "done"

    async def count() -> str:
        async with connected(by_script("asking", protocol=protocol)) as (server, _):
            counting = asyncio.create_task(
                server.call("count", {"to": 3, "until": str(done)}, 20, told.append)
            )
            await eventually(lambda: len(told) == 3)
            done.touch()
            return str((await counting).content)

    assert asyncio.run(count()) == "counted"
    assert told == ["1 of 3: step 1", "2 of 3: step 2", "3 of 3: step 3"]
