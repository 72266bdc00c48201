"""Conversations from Python, in this process and through a daemon: the same on both ways."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from actors import library
from storage.records.conversation import Round, Turn
from storage.records.session import Session
from tests.contract.ways import RUNNING
from tests.fakes.greenroom import DEMO_SERVER

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "add",
        "reply": [{"text": "Adding."}, {"tool": "demo.add", "parameters": {"a": 40, "b": 2}}],
    },
    {"when": "^42$", "reply": [{"text": "It is 42."}]},
    {"when": "wait", "reply": [{"text": "late"}], "delay_seconds": 60},
    {"when": "again", "reply": [{"tool": "demo.add", "parameters": {"a": 1, "b": 2}}]},
    {"when": "^3$", "reply": [{"tool": "demo.add", "parameters": {"a": 1, "b": 2}}]},
    {"when": "hello", "reply": [{"text": "Good day to you."}]},
]


class Talk:
    """A workspace with the scripted model and the demo server, and its coordinator."""

    def __init__(self, workspace: library.Workspace, place: Path) -> None:
        self.workspace = workspace
        self.coordinator = workspace.coordinator()
        self._place = place

    async def session(self, **config: Any) -> str:
        made = await self.workspace.sessions.create_session(
            "Talk", location_path=self._place, config=config
        )
        return made.id

    async def ask(self, session_id: str, text: str) -> Round:
        _, completion = await self.coordinator.handle_request(session_id, text)
        return await completion


@asynccontextmanager
async def talk_in(data: Path, place: Path) -> AsyncIterator[Talk]:
    script = place / "script.jsonl"
    script.write_text("".join(json.dumps(line) + "\n" for line in SCRIPT))
    environ = {"PATH": os.environ["PATH"]}
    async with library.Workspace(data, environ=environ) as workspace:
        await workspace.models.update_provider("scripted", script=str(script))
        await workspace.mcp.start_server(
            "demo", command=sys.executable, args=[str(DEMO_SERVER)], auto_approve=True
        )
        try:
            yield Talk(workspace, place)
        finally:
            await workspace.mcp.cleanup()


Converse = Callable[[Callable[[Talk], Awaitable[Any]]], Any]


@pytest.fixture(params=RUNNING)
def converse(request: pytest.FixtureRequest, tmp_path: Path) -> Converse:
    """Runs a coroutine with a Talk, on one of the ways."""
    is_daemon = request.param == "daemon"
    data = request.getfixturevalue("daemon") if is_daemon else tmp_path / "data"

    def run(what: Callable[[Talk], Awaitable[Any]]) -> Any:
        async def all_of_it() -> Any:
            async with talk_in(data, tmp_path) as talk:
                return await asyncio.wait_for(_coroutine(what(talk)), 60)

        return asyncio.run(all_of_it())

    return run


async def _coroutine(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def test_a_request_gives_its_id_at_once_and_its_round_when_it_is_done(converse: Converse) -> None:
    async def steps(talk: Talk) -> Round:
        session_id = await talk.session()
        response_id, completion = await talk.coordinator.handle_request(session_id, "hello")
        found = await completion
        assert found.id == response_id
        assert await talk.coordinator.get_round_by_response_id(response_id) == found
        return found

    found = converse(steps)
    assert found.status == "completed"
    assert found.text == "Good day to you."


def test_a_stream_gives_growing_turns_each_at_last_as_it_ended(converse: Converse) -> None:
    async def steps(talk: Talk) -> tuple[list[Turn], Round]:
        session_id = await talk.session()
        _, turns, completion = await talk.coordinator.stream_request(session_id, "please add")
        return [turn async for turn in turns], await completion

    seen, found = converse(steps)
    assert [turn.text for turn in found.turns] == ["Adding.", "It is 42."]
    assert {turn.number for turn in seen} == {0, 1}
    for before, after in pairwise(seen):
        assert before.number < after.number or after.text.startswith(before.text)
    assert {turn.number: turn for turn in seen} == {turn.number: turn for turn in found.turns}


def test_a_round_with_a_tool_has_call_and_result_in_its_turn(converse: Converse) -> None:
    async def steps(talk: Talk) -> Round:
        return await talk.ask(await talk.session(), "please add")

    call = converse(steps).turns[0].tool_calls[0]
    assert (call.name, call.args, call.status) == ("demo.add", {"a": 40, "b": 2}, "completed")
    assert call.result.content == "42"


def test_leaving_a_stream_early_lets_the_request_go_on(converse: Converse) -> None:
    async def steps(talk: Talk) -> tuple[str, list[Turn]]:
        session_id = await talk.session()
        _, turns, completion = await talk.coordinator.stream_request(session_id, "please add")
        async for _ in turns:
            break
        await turns.aclose()
        found = await completion
        return found.status, [turn async for turn in turns]

    assert converse(steps) == ("completed", [])


def test_two_requests_make_two_rounds_and_the_second_carries_the_first(converse: Converse) -> None:
    async def steps(talk: Talk) -> tuple[list[str], list[str]]:
        session_id = await talk.session()
        for text in ("hello", "hello again, hello"):
            await talk.ask(session_id, text.replace("again", "you"))
        history = await talk.workspace.sessions.render_session_history(session_id)
        context = await talk.coordinator.build_context(session_id)
        asked = [found.request.text for found in history.rounds]
        return asked, [message.text for message in context.history]

    asked, sent = converse(steps)
    assert asked == ["hello", "hello you, hello"]
    assert sent == ["hello", "Good day to you.", "hello you, hello", "Good day to you."]


def test_the_context_is_what_would_be_sent(converse: Converse) -> None:
    async def steps(talk: Talk) -> Any:
        await talk.workspace.files.put("notes", content="Mind the gap.")
        session_id = await talk.session(system_prompt="Be brief.")
        found = await talk.coordinator.build_context(session_id)
        await talk.workspace.files.remove("notes")
        session = await talk.workspace.sessions.get_session(session_id)
        return found, session

    context, session = converse(steps)
    assert context.system_prompt.startswith("Be brief.")
    assert session.location_path in context.system_prompt
    assert [(file.name, file.content) for file in context.files] == [("notes", "Mind the gap.")]
    assert "Mind the gap." in context.system_prompt
    assert context.history == ()
    assert context.dynamic_context == ()


def test_what_went_wrong_is_raised(converse: Converse) -> None:
    async def steps(talk: Talk) -> None:
        coordinator, sessions = talk.coordinator, talk.workspace.sessions
        with pytest.raises(library.SessionNotFoundError, match="Session not found with ID: nope"):
            await coordinator.handle_request("nope", "hello")
        with pytest.raises(library.SessionNotFoundError):
            await coordinator.build_context("nope")
        with pytest.raises(library.SessionNotFoundError):
            await sessions.render_session_history("nope")
        session_id = await talk.session()
        with pytest.raises(library.ProviderError, match="nobody answers this"):
            await talk.ask(session_id, "nobody answers this")
        with pytest.raises(library.ConversationError) as caught:
            await talk.ask(session_id, "again")
        assert caught.value.code == "loop-detected"
        assert caught.value.data is not None
        assert caught.value.data["status"] == "failed"
        found = await coordinator.get_round_by_response_id(caught.value.data["response_id"])
        assert len(found.turns) == len(caught.value.data["turns"])
        needs = await talk.session(tools=["demo.add", "demo.nothing", "other.*"])
        with pytest.raises(library.ToolExecutionError, match=r"names demo\.nothing, which"):
            await talk.ask(needs, "hello")
        with pytest.raises(library.ToolExecutionError, match=r"demo\.nothing"):
            await coordinator.build_context(needs)
        with pytest.raises(library.ConversationError, match="not found"):
            await coordinator.get_round_by_response_id(f"{session_id}-nope")

    converse(steps)


def test_a_file_that_cannot_be_read_is_a_fault_of_the_context(converse: Converse) -> None:
    async def steps(talk: Talk) -> None:
        await talk.workspace.files.put("gone", path="/nowhere/at/all")
        try:
            session_id = await talk.session()
            with pytest.raises(library.ContextBuildError, match="gone"):
                await talk.coordinator.build_context(session_id)
            with pytest.raises(library.ContextBuildError, match="gone"):
                await talk.ask(session_id, "hello")
        finally:
            await talk.workspace.files.remove("gone")

    converse(steps)


def test_a_cancel_ends_the_request(converse: Converse) -> None:
    async def steps(talk: Talk) -> tuple[str, list[Turn]]:
        session_id = await talk.session()
        response_id, turns, completion = await talk.coordinator.stream_request(session_id, "wait")
        await talk.coordinator.cancel(response_id)
        with pytest.raises(library.ConversationError) as caught:
            await completion
        return caught.value.code, [turn async for turn in turns]

    code, seen = converse(steps)
    assert code == "cancelled"
    assert all(turn.text == "" for turn in seen)


def test_cleanup_lets_go_of_what_is_open(converse: Converse) -> None:
    async def steps(talk: Talk) -> tuple[bool, list[Turn]]:
        session_id = await talk.session()
        response_id, turns, completion = await talk.coordinator.stream_request(session_id, "wait")
        await talk.coordinator.cleanup()
        left = [turn async for turn in turns if turn.text]
        assert (await talk.coordinator.get_round_by_response_id(response_id)).is_open
        await talk.coordinator.cancel(response_id)
        return completion.cancelled(), left

    assert converse(steps) == (True, [])


def test_sessions_are_made_looked_up_and_deleted(converse: Converse) -> None:
    async def steps(talk: Talk) -> tuple[Session | None, bool, Session | None, bool]:
        sessions = talk.workspace.sessions
        session_id = await talk.session()
        found = await sessions.get_session(session_id)
        deleted = await sessions.delete_session(session_id)
        return (
            found,
            deleted,
            await sessions.get_session(session_id),
            await sessions.delete_session(session_id),
        )

    found, deleted, after, again = converse(steps)
    assert (found.title, found.workspace) == ("Talk", "default")
    assert (deleted, after, again) == (True, None, False)


def test_a_message_that_is_changed_by_hand_is_changed_in_its_round(converse: Converse) -> None:
    async def steps(talk: Talk) -> list[tuple[str, str]]:
        session_id = await talk.session()
        await talk.ask(session_id, "hello")
        ask = talk.workspace.greenroom.dispatch
        listed = await asyncio.to_thread(ask, {"type": "get-messages", "session": session_id})
        for message, text in zip(listed.data["messages"], ("Hello!", "Good night."), strict=True):
            updates = {"content": [{"type": "text", "text": text}]}
            changed = {"message_id": message["id"], "updates": updates}
            command = {"type": "update-message", "session": session_id, **changed}
            assert (await asyncio.to_thread(ask, command)).ok
        history = await talk.workspace.sessions.render_session_history(session_id)
        return [(found.request.text, found.text) for found in history.rounds]

    assert converse(steps) == [("Hello!", "Good night.")]
