import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actors.adapters.scripted_model import ScriptedModel, last_text, prompt_words
from actors.ports import (
    BlockDone,
    ModelDescription,
    ModelError,
    ModelEvent,
    PromptSent,
    TextDelta,
)
from storage.records.config import SessionConfig
from storage.records.conversation import Usage
from storage.records.message import (
    ImageContent,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)
from tests.actors.adapters.conversation import (
    ADD,
    calls_of,
    events_of,
    message,
    request,
    text_deltas,
    turn_of,
)

SCRIPT = """\
{"when": "add (\\\\d+) and (\\\\d+)", "reply": [{"text": "Let me see. "},\
 {"tool": "demo.add", "parameters": {"a": "{{1}}", "b": "{{2}}"}}]}
{"when": "^\\\\d+$", "reply": [{"text": "It is {{0}}, of course."}]}
"""


@pytest.fixture
def script(tmp_path: Path) -> Any:
    path = tmp_path / "script.jsonl"
    path.write_text(SCRIPT)
    return path


def test_text_comes_in_small_pieces_then_as_a_block(script: Path) -> None:
    events = events_of(ScriptedModel(script), request(message("user", "12")))
    turn = turn_of(events)
    assert text_deltas(events) == ["It", " is", " 12,", " of", " course."]
    assert events[-2] == BlockDone(0, TextContent("It is 12, of course."))
    assert (turn.stop_reason, turn.model, turn.raw_response) == (
        "end_turn",
        "scripted",
        {"scripted": True},
    )


def test_white_space_at_the_end_is_not_lost(script: Path) -> None:
    script.write_text('{"reply": [{"text": " a\\n\\nb \\n"}]}')
    events = events_of(ScriptedModel(script), request())
    assert "".join(text_deltas(events)) == " a\n\nb \n"


def test_a_tool_call_has_its_groups_filled_in_and_an_id_of_its_own(script: Path) -> None:
    asked = request(message("user", "add 2 and 3"))
    turns = [turn_of(events_of(ScriptedModel(script), asked)) for _ in range(2)]
    calls = [calls_of(turn)[0] for turn in turns]
    assert calls[0].args == {"a": "2", "b": "3"}
    assert calls[0].name == "demo.add"
    assert calls[0].tool_call_id != calls[1].tool_call_id
    assert turns[0].stop_reason == "tool_use"


@pytest.mark.parametrize(
    ("most", "text", "words"),
    [(5, "It is 12, of course.", 5), (3, "It is 12,", 3), (1, "It", 1)],
)
def test_an_answer_ends_at_its_limit(script: Path, most: int, text: str, words: int) -> None:
    asked = request(message("user", "12"), config=SessionConfig(max_tokens=most))
    turn = turn_of(events_of(ScriptedModel(script), asked))
    assert turn.content == (TextContent(text),)
    assert turn.stop_reason == ("end_turn" if most == 5 else "max_tokens")
    assert turn.usage.completion_tokens == words


def test_half_a_call_is_not_made(script: Path) -> None:
    asked = request(message("user", "add 2 and 3"), config=SessionConfig(max_tokens=4))
    turn = turn_of(events_of(ScriptedModel(script), asked))
    assert (turn.content, turn.stop_reason) == ((TextContent("Let me see. "),), "max_tokens")


def test_tokens_are_words(script: Path) -> None:
    asked = request(message("user", "add 2 and 3"), system=("One two.", "three"))
    turn = turn_of(events_of(ScriptedModel(script), asked))
    call = '{"a":"2","b":"3"}'
    assert turn.usage.prompt_tokens == 3 + 4
    assert turn.usage.completion_tokens == 3 + len(f"demo.add {call}".split())
    assert asyncio.run(ScriptedModel(script).count_tokens(asked)) == 7


def test_all_that_is_sent_counts(script: Path) -> None:
    history = (
        message("user", "one", ImageContent(url="https://x.test/a.png")),
        message("assistant", ToolCallContent(tool_call_id="1", name="a.b", args={})),
        message("tool", ToolResultContent(tool_call_id="1", content="two three")),
    )
    asked = request(*history, system=("", ""))
    counted = asyncio.run(ScriptedModel(script).count_tokens(asked))
    assert counted == 1 + 2 + 2
    with_tool = request(*history, system=("", ""), tools=(ADD,))
    more = asyncio.run(ScriptedModel(script).count_tokens(with_tool))
    assert more is not None
    assert more > counted


def test_the_last_user_text_or_tool_result_is_answered() -> None:
    result = message("tool", ToolResultContent(tool_call_id="1", content="5"))
    user, assistant = message("user", "hello"), message("assistant", "I say")
    assert last_text((user, assistant, result)) == "5"
    assert last_text((result, user, assistant)) == "hello"
    assert last_text((user, message("system", ""))) == "hello"
    assert last_text(()) == ""


def test_the_file_is_read_anew_for_each_call(script: Path) -> None:
    model = ScriptedModel(script)
    script.write_text('{"reply": [{"text": "new"}]}')
    assert events_of(model, request())[1] == TextDelta(0, "new")


def test_a_delay_can_be_cancelled(script: Path) -> None:
    script.write_text('{"reply": [{"text": "late"}], "delay_seconds": 60}')

    async def cancelled() -> Any:
        asked = request(message("user", "two words"))
        events = ScriptedModel(script).stream(asked)
        sent = PromptSent(Usage(prompt_tokens=prompt_words(asked)))
        assert await anext(events) == sent
        task = asyncio.create_task(_next(events))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())


async def _next(events: AsyncIterator[ModelEvent]) -> ModelEvent:
    return await anext(events)


def test_a_bad_line_is_an_error_that_names_file_and_line(script: Path) -> None:
    script.write_text('{"reply": []}\n{"reply": [{"txt": "x"}]}\n')
    with pytest.raises(ModelError, match=r"script\.jsonl, line 2: .*`txt`") as caught:
        events_of(ScriptedModel(script), request())
    assert caught.value.code == "bad-file"
    assert not caught.value.retryable


def test_an_absent_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.jsonl: is not a file"):
        events_of(ScriptedModel(tmp_path / "absent.jsonl"), request())


def test_no_match_quotes_the_text(script: Path) -> None:
    with pytest.raises(ModelError, match="answers 'unheard of'") as caught:
        events_of(ScriptedModel(script), request(message("user", "unheard of")))
    assert caught.value.code == "provider-error"


def test_nothing_is_known_of_its_limits(script: Path) -> None:
    described = asyncio.run(ScriptedModel(script).describe("scripted"))
    assert described == ModelDescription(model="scripted")
