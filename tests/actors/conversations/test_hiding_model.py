"""No secret is heard of a model, however its pieces are cut and however it ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.conversations.hiding_model import HidingModel
from actors.ports import (
    BlockDone,
    ModelDescription,
    ModelError,
    ModelEvent,
    ModelRequest,
    PromptSent,
    TextDelta,
    TurnDone,
)
from actors.redactor import Redactor
from storage.records.conversation import Usage
from storage.records.message import (
    Content,
    ImageContent,
    ProviderContent,
    TextContent,
    ToolCallContent,
)

KEY = "key-0f1e2d3c"
PICTURE = ImageContent(url="https://x.example/a.png")


class Saying:
    """A model that says these events, and then fails if it is told to."""

    name = "saying"

    def __init__(self, *events: ModelEvent, error: ModelError | None = None) -> None:
        self._events = events
        self._error = error

    def problem(self) -> ModelError | None:
        return None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        assert request.model == "any"
        for event in self._events:
            yield event
        if self._error:
            raise self._error

    async def describe(self, model: str) -> ModelDescription:
        return ModelDescription(model=model)

    async def count_tokens(self, request: ModelRequest) -> int | None:
        return len(request.history)

    async def close(self) -> None:
        """Nothing is open."""


def heard(model: Saying) -> tuple[list[ModelEvent], str]:
    """What is heard, and the text of the error if there is one."""
    redactor = Redactor()
    redactor.know([KEY])
    hiding = HidingModel(model, redactor)
    events: list[ModelEvent] = []

    async def hear() -> str:
        try:
            async for event in hiding.stream(
                ModelRequest(model="any", system=("", ""), history=())
            ):
                events.append(event)  # noqa: PERF401 - those before an error count too
        except ModelError as error:
            return str(error)
        return ""

    return events, asyncio.run(hear())


def done(*content: Content, raw: dict[str, Any] | None = None, model: str = "m") -> TurnDone:
    return TurnDone(
        content=content,
        stop_reason="end_turn",
        usage=Usage(),
        model=model,
        raw_response=raw or {},
    )


def test_a_key_in_two_pieces_and_in_the_whole_block_and_turn() -> None:
    whole = TextContent(f"It is {KEY}, k")
    events, _ = heard(
        Saying(
            PromptSent(),
            TextDelta(0, f"It is {KEY[:7]}"),
            TextDelta(0, f"{KEY[7:]}, k"),
            BlockDone(0, whole),
            done(whole, raw={"said": [KEY]}, model=KEY),
        )
    )
    hidden = TextContent("It is ***, k")
    assert events == [
        PromptSent(),
        TextDelta(0, "It is "),
        TextDelta(0, "***, "),
        TextDelta(0, "k"),
        BlockDone(0, hidden),
        done(hidden, raw={"said": ["***"]}, model="***"),
    ]


def test_arguments_and_what_only_the_provider_understands() -> None:
    call = ToolCallContent(tool_call_id="1", name=f"say {KEY}", args={"to": [{"key": KEY}]})
    thought = ProviderContent(provider="p", block={"thinking": KEY, "signature": "s"})
    events, _ = heard(Saying(BlockDone(0, thought), done(thought, call, PICTURE)))
    hidden_call = ToolCallContent(tool_call_id="1", name="say ***", args={"to": [{"key": "***"}]})
    hidden_thought = ProviderContent(provider="p", block={"thinking": "***", "signature": "s"})
    assert events == [
        BlockDone(0, hidden_thought),
        done(hidden_thought, hidden_call, PICTURE),
    ]


def test_what_was_held_is_told_when_the_next_block_begins_and_when_the_call_fails() -> None:
    pieces = (TextDelta(0, "a ke"), TextDelta(1, f"{KEY[:-1]}"))
    events, error = heard(Saying(*pieces, error=ModelError(f"refused: {KEY}", code="own")))
    assert events == [TextDelta(0, "a "), TextDelta(0, "ke"), TextDelta(1, KEY[:-1])]
    assert error == "refused: ***"


@pytest.mark.parametrize("text", ["nothing of it.", "one, two!"])
def test_what_could_begin_no_key_is_not_held_up(text: str) -> None:
    events, _ = heard(Saying(TextDelta(0, text), done()))
    assert events == [TextDelta(0, text), done()]


def test_the_rest_is_the_model_s_own() -> None:
    async def ask() -> tuple[Any, ...]:
        model = HidingModel(Saying(), Redactor())
        request = ModelRequest(model="any", system=("", ""), history=())
        described, counted = await model.describe("x"), await model.count_tokens(request)
        await model.close()
        return model.name, model.problem(), described.model, counted

    assert asyncio.run(ask()) == ("saying", None, "x", 0)
