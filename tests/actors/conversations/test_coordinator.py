"""The public face of conversations, over a tree in this process."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from actors.conversations.coordinator import (
    ConversationError,
    ProviderError,
    SessionCoordinator,
    SessionNotFoundError,
)
from storage.records.conversation import Round
from tests.fakes.greenroom import House, demo_server, house

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "add",
        "reply": [
            {"text": "Adding."},
            {"tool": "demo.add", "parameters": {"a": 40, "b": 2}},
        ],
    },
    {"when": "^42$", "reply": [{"text": "It is 42."}]},
    {"when": "wait", "reply": [{"text": "late"}], "delay_seconds": 30},
    {"when": "hello", "reply": [{"text": "Good day to you."}]},
]


class Place(Struct):
    name: str
    path: str
    description: str | None


@pytest.fixture
def running(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        made.converse(SCRIPT, **demo_server())
        yield made


def coordinator(running: House) -> SessionCoordinator:
    around = running.room.around
    settings = around.workspaces.settings("default")
    return SessionCoordinator(
        Place("default", str(running.place), None),
        settings.prompt,
        running.room.gateway,
        settings.mcp_servers,
        settings.models,
        settings.files,
        clock=around.clock,
    )


def test_a_request_gives_its_id_at_once_and_its_round_when_it_is_done(running: House) -> None:
    session = running.create(config={})

    async def converse() -> Round:
        talk = coordinator(running)
        response_id, completion = await talk.handle_request(session["id"], "hello")
        found = await completion
        assert found.id == response_id
        assert await talk.get_round_by_response_id(response_id) == found
        return found

    found = asyncio.run(converse())
    assert found.status == "completed"
    assert found.text == "Good day to you."


def test_a_stream_gives_growing_turns_and_then_the_round(running: House) -> None:
    session = running.create(config={})

    async def converse() -> tuple[list[tuple[int, str]], Round]:
        talk = coordinator(running)
        _, turns, completion = await talk.stream_request(session["id"], "please add")
        seen = [(turn.number, turn.text) async for turn in turns]
        return seen, await completion

    seen, found = asyncio.run(converse())
    assert [turn.text for turn in found.turns] == ["Adding.", "It is 42."]
    assert found.turns[0].tool_calls[0].result is not None
    assert {number for number, _ in seen} == {0, 1}
    for before, after in pairwise(seen):
        assert before[0] < after[0] or after[1].startswith(before[1])


def test_leaving_a_stream_early_lets_the_request_go_on(running: House) -> None:
    session = running.create(config={})

    async def converse() -> Round:
        _, turns, completion = await coordinator(running).stream_request(session["id"], "add")
        async for _ in turns:
            break
        return await completion

    assert asyncio.run(converse()).status == "completed"


def test_two_requests_make_two_rounds_and_the_second_carries_the_first(running: House) -> None:
    session = running.create(config={})

    async def converse() -> list[str]:
        talk = coordinator(running)
        for text in ("hello", "hello again"):
            _, completion = await talk.handle_request(session["id"], text)
            await completion
        return [message.text for message in (await talk.build_context(session["id"])).history]

    said = ["hello", "Good day to you.", "hello again", "Good day to you."]
    assert asyncio.run(converse()) == said


def test_what_went_wrong_is_raised(running: House) -> None:
    session = running.create(config={})

    async def converse() -> None:
        talk = coordinator(running)
        with pytest.raises(SessionNotFoundError, match="Session not found with ID: nope"):
            await talk.handle_request("nope", "hello")
        with pytest.raises(SessionNotFoundError):
            await talk.build_context("nope")
        _, completion = await talk.handle_request(session["id"], "nobody answers this")
        with pytest.raises(ProviderError, match="nobody answers this"):
            await completion
        with pytest.raises(ConversationError, match="not found"):
            await talk.get_round_by_response_id(f"{session['id']}-nope")

    asyncio.run(converse())


def test_a_cancel_ends_the_request(running: House) -> None:
    session = running.create(config={})

    async def converse() -> str:
        talk = coordinator(running)
        response_id, completion = await talk.handle_request(session["id"], "wait")
        await talk.cancel(response_id)
        with pytest.raises(ConversationError) as caught:
            await completion
        return caught.value.code

    assert asyncio.run(converse()) == "cancelled"


def test_cleanup_lets_go_of_what_is_open(running: House) -> None:
    session = running.create(config={})

    async def converse() -> bool:
        talk = coordinator(running)
        _, completion = await talk.handle_request(session["id"], "wait")
        await talk.cleanup()
        return completion.cancelled()

    assert asyncio.run(converse())


def test_the_context_names_the_directory_and_the_date(running: House) -> None:
    session = running.create(config={"system_prompt": "Be brief."})
    context = asyncio.run(coordinator(running).build_context(session["id"]))
    assert context.system_prompt.startswith("Be brief.")
    assert session["location_path"] in context.system_prompt
    assert context.history == ()
