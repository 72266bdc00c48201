"""What is changed by hand in a message stands in its round too, also in journals of before."""

from typing import Any

import pytest

from storage import fold
from storage.records import event as e
from storage.records.conversation import Round
from storage.records.message import TextContent, ToolCallContent, ToolResultContent
from storage.state import SessionState
from tests.storage.histories import START, created, message, said

CALL = ToolCallContent(tool_call_id="c", name="demo.add", args={"a": 1})
RESULT = ToolResultContent(tool_call_id="c", content="1")
ASKED = (
    e.RequestQueued("r", message("q", "add")),
    e.MessageAdded(message("q", "add")),
    e.TurnStarted("r", 0, "m"),
    e.MessageAdded(said("a", (TextContent("Adding."), CALL))),
    e.TurnCompleted(response_id="r", number=0, status="completed", message_id="a"),
    e.ToolCallStarted("r", "c"),
    e.MessageAdded(said("t", (RESULT,), "tool")),
    e.ToolCallCompleted(response_id="r", tool_call_id="c", status="completed", message_id="t"),
)
DONE = e.RequestCompleted("r", "completed")


def after(*events: Any) -> SessionState:
    at, first, _ = created()
    return fold.apply_all(SessionState(), (*first, *events), at)


def edited(state: SessionState, message_id: str, *content: dict[str, Any]) -> SessionState:
    return fold.apply(state, e.MessageUpdated(message_id, {"content": list(content)}), START)


def round_of(state: SessionState) -> Round:
    found = state.round("r")
    assert found is not None
    return found


@pytest.mark.parametrize("ends", [(), (DONE,)], ids=["open", "finished"])
def test_what_was_asked_said_and_answered_is_what_the_messages_say(ends: tuple[Any, ...]) -> None:
    state = after(*ASKED, *ends)
    state = edited(state, "q", {"type": "text", "text": "add, please"})
    state = edited(state, "a", {"type": "text", "text": "At once."})
    state = edited(state, "t", {"type": "tool-result", "tool_call_id": "c", "content": "one"})
    found = round_of(state)
    assert found.request.text == "add, please"
    assert found.turns[0].text == "At once."
    call = found.turns[0].tool_calls[0]
    assert (call.args, call.result and call.result.content) == ({"a": 1}, "one")
    assert [each.text for each in state.messages][:2] == ["add, please", "At once."]


def test_other_rounds_and_other_fields_stay_as_they_are() -> None:
    state = after(*ASKED, DONE, e.MessageAdded(message("by-hand", "hm")))
    before = round_of(state)
    assert round_of(edited(state, "by-hand", {"type": "text", "text": "x"})) is before
    noted = fold.apply(state, e.MessageUpdated("a", {"metadata": {"n": 1}}), START)
    assert round_of(noted).turns[0] == before.turns[0]


def test_a_result_without_its_block_is_still_the_result() -> None:
    state = edited(after(*ASKED, DONE), "t", {"type": "text", "text": "gone"})
    assert round_of(state).turns[0].tool_calls[0].result == RESULT
