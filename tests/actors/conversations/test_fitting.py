"""Built contexts against a model that says how much it takes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from actors.conversations.context_building import BuiltContext
from actors.conversations.fitting import ContextLimitError, fitted, truncated
from actors.conversations.summarizing import UselessSummaryError, summarized
from actors.decisions.context.strategy import Summarize
from actors.decisions.context.summaries import INSTRUCTIONS
from actors.ports import (
    ModelDescription,
    ModelError,
    ModelEvent,
    ModelRequest,
    PromptSent,
    TurnDone,
)
from storage.records.config import ContextStrategy, SessionConfig
from storage.records.conversation import Usage
from storage.records.message import TextContent
from storage.records.prompt import Context
from storage.records.tool import Tool
from tests.actors.decisions.context.conversations import numbered
from tests.actors.decisions.test_history import said

MODEL = "m"
TOOL = Tool(name="a.b", server="a", description="x" * 500, input_schema={})


class Counting:
    """A model that counts by `count`, keeps what it was asked, and answers with `answer`."""

    name = "counting"

    def __init__(
        self,
        count: Callable[[ModelRequest], int | None] = lambda _: None,
        answer: TurnDone | None = None,
    ) -> None:
        self._count = count
        self._answer = answer
        self.counted: list[ModelRequest] = []
        self.asked: list[ModelRequest] = []

    def problem(self) -> ModelError | None:
        return None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self.asked.append(request)
        yield PromptSent()
        if self._answer:
            yield self._answer

    async def describe(self, model: str) -> ModelDescription:
        return ModelDescription(model=model)

    async def count_tokens(self, request: ModelRequest) -> int | None:
        self.counted.append(request)
        return self._count(request)

    async def close(self) -> None:
        """Nothing is held open."""


def talk(rounds: int, text: str = "some words of a round ") -> BuiltContext:
    said_so_far = []
    for number in range(rounds):
        said_so_far += [said("user", f"{number} {text * 5}"), said("assistant", text * 5)]
    history = numbered([*said_so_far, said("user", "last")])
    request = ModelRequest(
        model=MODEL, system=("prompt", ""), history=history, config=SessionConfig(max_tokens=100)
    )
    return BuiltContext(Context(system_prompt="prompt", history=history), request)


def fit(
    built: BuiltContext,
    model: Counting,
    window: int | None,
    strategy: ContextStrategy | None = None,
) -> Any:
    described = ModelDescription(model=MODEL, context_window=window)
    return asyncio.run(fitted(built, model, described, strategy))


def characters(request: ModelRequest) -> int:
    """Four to a token, of everything that is said."""
    return sum(len(message.text) for message in request.history) // 4


def test_with_an_unknown_window_nothing_is_left_out() -> None:
    built, model = talk(100), Counting()
    assert fit(built, model, None) is built
    assert model.counted == []


def test_what_surely_fits_is_not_counted() -> None:
    built, model = talk(3), Counting()
    assert fit(built, model, 10_000) is built
    assert model.counted == []


def test_what_fits_by_the_count_is_sent_whole() -> None:
    built, model = talk(20), Counting(characters)
    sent = fit(built, model, 1500)
    assert sent.request.history == built.request.history
    assert len(model.counted) == 1


def test_without_a_count_the_estimate_decides() -> None:
    built, model = talk(20), Counting()
    sent = fit(built, model, 1500)
    assert len(sent.request.history) < len(built.request.history)
    assert sent.context.history == sent.request.history
    assert len(model.counted) == 1


def test_what_was_trimmed_is_counted_again_and_trimmed_more() -> None:
    """The first count makes the answers dear, and they are not; what stays is."""
    built = talk(20)

    def uneven(request: ModelRequest) -> int:
        return 2000 if len(request.history) > 30 else 60 * len(request.history)

    model = Counting(uneven)
    sent = fit(built, model, 1500)
    assert 1 < len(model.counted) <= 4
    assert uneven(sent.request) <= 1400


def test_tools_and_prompt_take_room_too() -> None:
    built = talk(10)
    more = BuiltContext(built.context, replace(built.request, tools=(TOOL,) * 4))
    assert fit(built, Counting(), 2000) is built
    assert len(fit(more, Counting(), 2000).request.history) < len(built.request.history)


def test_what_cannot_fit_is_an_error_that_says_what_to_do() -> None:
    long = talk(0)
    long = BuiltContext(long.context, replace(long.request, history=(said("user", "x" * 9000),)))
    with pytest.raises(ContextLimitError, match="send a shorter one"):
        fit(long, Counting(), 1500)
    with pytest.raises(ContextLimitError, match=r"lower config\.max_tokens"):
        fit(talk(1), Counting(), 101)


def test_a_summary_is_asked_for_when_it_is_needed() -> None:
    assert isinstance(fit(talk(20), Counting(), 1500, "summarize"), Summarize)
    assert isinstance(fit(talk(20), Counting(characters), 1000, "adaptive"), Summarize)
    described = ModelDescription(model=MODEL, context_window=1500)
    instead = asyncio.run(truncated(talk(20), Counting(), described))
    assert instead == fit(talk(20), Counting(), 1500)


def ended(text: str, stop_reason: str = "end_turn") -> TurnDone:
    return TurnDone(
        content=(TextContent(text),) if text else (),
        stop_reason=stop_reason,
        usage=Usage(prompt_tokens=7),
        model=MODEL,
        raw_response={},
    )


def wanted() -> Summarize:
    found = fit(talk(20), Counting(), 1500, "summarize")
    assert isinstance(found, Summarize)
    return found


def test_the_model_is_shown_the_span_as_text_and_no_tools() -> None:
    model = Counting(answer=ended(" short \n"))
    sent: list[Usage | None] = []
    made = asyncio.run(summarized(wanted(), MODEL, model, 1500, sent.append))
    assert sent == [None]
    assert (made.text, made.usage) == ("short", Usage(prompt_tokens=7))
    (asked,) = model.asked
    assert (asked.system, asked.tools) == ((INSTRUCTIONS, ""), ())
    assert asked.config == SessionConfig(max_tokens=wanted().most)
    assert asked.history[0].text.startswith("<conversation>\nassistant: some words")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (ended("no", "refusal"), "refusal"),
        (ended(""), "without a text"),
        (ended("long " * 5000), "no shorter"),
        (None, "before its end"),
    ],
)
def test_what_is_no_summary_is_an_error(answer: TurnDone | None, problem: str) -> None:
    with pytest.raises(ModelError, match=problem) as caught:
        asyncio.run(summarized(wanted(), MODEL, Counting(answer=answer), 1500, print))
    assert caught.value.usage == (answer.usage if answer else None)
    assert isinstance(caught.value, UselessSummaryError) == bool(answer)
