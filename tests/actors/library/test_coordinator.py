"""What a coordinator does besides what its contract says of both ways: what it lets go of."""

import asyncio
import gc
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from actors import library
from actors.library import conversation_errors as errors
from actors.library.turn_stream import TurnStream
from storage.records.conversation import TurnGrew
from storage.records.request import Answer, Refusal
from tests.actors.library.test_turn_stream import turn
from tests.architecture.source_tree import ROOT
from tests.fakes.greenroom import House

SLOW = [{"when": "", "reply": [{"text": "late"}], "delay_seconds": 60}]


class Part:
    workspace = "one"


class Hand:
    """Takes requests, and answers when it is told to."""

    def __init__(self) -> None:
        self.follow: Any = None
        self.deliver: Any = None

    def hand_in(self, command: Any, deliver: Any, *, follow: Any = None) -> Callable[[], object]:
        if command["type"] == "request":
            self.follow, self.deliver = follow, deliver
            follow(TurnGrew("s", "s-r", None))
        return lambda: None


def over(sessions: Any) -> library.SessionCoordinator:
    return library.SessionCoordinator(Part(), Part(), sessions, Part(), Part())


def no(code: str) -> Answer:
    return Answer(id=None, type="request", ok=False, error=Refusal(code=code, message="see status"))


def test_a_stream_that_is_closed_wants_to_hear_no_more() -> None:
    async def steps() -> list[bool]:
        hand = Hand()
        _, turns, _ = await over(hand).stream_request("s", "x")
        heard = [hand.follow(TurnGrew("s", "s-r", turn(0, "a")))]
        assert (await anext(turns)).text == "a"
        await turns.aclose()
        return [*heard, hand.follow(TurnGrew("s", "s-r", turn(0, "ab")))]

    assert asyncio.run(steps()) == [True, False]


def test_a_stream_that_nobody_holds_wants_to_hear_no_more() -> None:
    async def steps() -> bool:
        hand = Hand()
        _, turns, completion = await over(hand).stream_request("s", "x")
        assert isinstance(turns, TurnStream)
        del turns
        gc.collect()
        heard: bool = hand.follow(TurnGrew("s", "s-r", turn(0, "a")))
        completion.cancel()
        return heard

    assert not asyncio.run(steps())


@pytest.fixture
def client(open_greenroom: House) -> Iterator[library.Greenroom]:
    open_greenroom.converse(SLOW)
    with library.open(open_greenroom.data.root) as greenroom:
        yield greenroom


def test_a_greenroom_will_do_and_a_daemon_is_told_that_nobody_looks(
    client: library.Greenroom, open_greenroom: House
) -> None:
    following = open_greenroom.room.around.followers._following
    session_id = open_greenroom.create(config={})["id"]

    async def steps() -> str:
        talk = over(client)
        response_id, turns, completion = await talk.stream_request(session_id, "hello")
        assert response_id in following
        await turns.aclose()
        growing = TurnGrew(session_id, response_id, turn(0, "a"))
        while response_id in following:
            open_greenroom.room.around.broadcaster.publish(growing)
            await asyncio.sleep(0.01)
        await talk.cancel(response_id)
        with pytest.raises(library.ConversationError) as caught:
            await completion
        return caught.value.code

    assert asyncio.run(asyncio.wait_for(_as_coroutine(steps()), 30)) == "cancelled"


def test_bytes_are_refused_wherever_text_is_taken(
    client: library.Greenroom, open_greenroom: House
) -> None:
    session_id = open_greenroom.create(config={})["id"]
    raw: Any = b"say abc"

    async def steps() -> str:
        with pytest.raises(library.ConversationError, match="decode them first") as caught:
            await over(client).handle_request(session_id, raw)
        return caught.value.code

    assert asyncio.run(steps()) == "bad-request"
    for call in (
        lambda: client.create_session({"location_path": "/tmp", "title": raw}),
        lambda: client.create_worker(session_id, {"type": "terminal", "name": raw}),
        lambda: client.write_worker_input(session_id, "any", raw),
    ):
        with pytest.raises(library.Refused, match="decode them first"):
            call()
    added = client.dispatch({"type": "add-message", "session": session_id,
                             "message": {"role": "user", "content": raw}})  # fmt: skip
    assert added.error is not None
    assert "decode them first" in added.error.message
    assert client.dispatch({"type": "get-messages", "session": session_id}).data["messages"] == []


async def _as_coroutine(awaitable: Any) -> Any:
    return await awaitable


def test_who_was_cut_off_by_the_daemons_end_is_told_so(
    client: library.Greenroom, open_greenroom: House
) -> None:
    session_id = open_greenroom.create(config={})["id"]

    async def steps() -> str:
        _, turns, completion = await over(client).stream_request(session_id, "hello")
        await asyncio.to_thread(open_greenroom.stop)
        assert [seen.text async for seen in turns if seen.text] == []
        with pytest.raises(library.ConversationError) as caught:
            await completion
        return caught.value.code

    assert asyncio.run(steps()) == "connection-lost"


def test_an_error_that_nobody_looks_at_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    async def steps() -> None:
        hand = Hand()
        await over(hand).handle_request("s", "x")
        hand.deliver(no("provider-error"))
        await asyncio.sleep(0)

    asyncio.run(steps())
    gc.collect()
    assert "never retrieved" not in caplog.text


def test_an_asker_who_was_cancelled_breaks_nothing() -> None:
    class Silent(Hand):
        def __init__(self) -> None:
            super().__init__()
            self.was_asked = threading.Event()

        def hand_in(self, command: Any, deliver: Any, *, follow: Any = None) -> Any:
            self.deliver = deliver
            self.was_asked.set()
            return lambda: None

    async def steps() -> None:
        silent = Silent()
        asked = asyncio.ensure_future(over(silent).handle_request("s", "x"))
        assert await asyncio.to_thread(silent.was_asked.wait, 10)
        asked.cancel()
        silent.deliver(no("cancelled"))
        with pytest.raises(asyncio.CancelledError):
            await asked

    asyncio.run(steps())


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("session-not-found", errors.SessionNotFoundError),
        ("rate-limited", errors.ProviderError),
        ("tool-name-clash", errors.ToolExecutionError),
        ("context-failed", errors.ContextBuildError),
        ("budget-exceeded", errors.ConversationError),
        ("bad-location", errors.ConversationError),
    ],
)
def test_the_kind_of_an_error_follows_from_its_code(code: str, kind: type[Exception]) -> None:
    error = errors.error_of(no(code))
    assert type(error) is kind
    assert (error.code, str(error)) == (code, "see status")


def test_every_code_that_a_request_can_end_with_has_its_kind() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text()
    codes = set(re.findall(r"`([a-z-]+)`", page.partition("Codes of a request that failed:")[2]))
    assert len(codes) > 12
    known = errors.PROVIDER_CODES | errors.TOOL_CODES | errors.CONTEXT_CODES | errors.OTHER_CODES
    assert codes - known == set()


def test_who_only_waits_for_the_end_is_shown_no_turns() -> None:
    async def steps() -> bool:
        hand = Hand()
        response_id, completion = await over(hand).handle_request("s", "x")
        assert response_id == "s-r"
        wants: bool = hand.follow(TurnGrew("s", "s-r", turn(0, "a")))
        completion.cancel()
        return wants

    assert not asyncio.run(steps())
