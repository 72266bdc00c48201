from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from storage import codec
from storage.records import event as e
from storage.records import request as r
from storage.records.message import Role, TextContent, ToolResultContent
from tests.actors.decisions.given import ID, NOW, WINDOW, Play, answer, call, talking


def add(play: Play, **fields: Any) -> Any:
    message = r.NewMessage(**({"role": "user", "content": "hello"} | fields))
    return answer(play.decide(r.AddMessage(session=ID, message=message)), play.state)


def change(play: Play, message_id: str, **updates: Any) -> Any:
    command = r.UpdateMessage(session=ID, message_id=message_id, updates=updates)
    return answer(play.decide(command), play.state)


@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool", "function", "summary"])
def test_a_message_of_any_role_is_recorded_and_no_model_is_called(role: Role) -> None:
    play = talking()
    told = add(play, role=role)
    message = play.state.messages[-1]
    assert (message.role, message.content) == (role, (TextContent("hello"),))
    assert told == {**codec.builtins(play.session), "message_id": message.id}
    assert (play.effects, play.session.message_count) == ([], 1)


def test_what_is_given_of_a_message_is_kept() -> None:
    play = Play.of()
    at = datetime(2020, 1, 1, tzinfo=UTC)
    result = ToolResultContent(tool_call_id="c", content="x")
    add(
        play,
        role="tool",
        id="mine",
        content=(result,),
        created_at=at,
        tool_call_id="c",
        tool_calls=(call("d"),),
        metadata={"is_summary": True},
    )
    message = play.state.messages[-1]
    assert (message.id, message.created_at, message.content) == ("mine", at, (result,))
    assert (message.tool_call_id, message.tool_calls) == ("c", (call("d"),))
    assert message.metadata == {"is_summary": True}


def test_an_id_is_used_once_also_by_a_request_that_still_waits() -> None:
    play = talking()
    add(play, id="mine")
    play.asks()
    play.asks()
    waiting = play.state.open_rounds[1].request.id
    for taken in ("mine", waiting):
        message = r.NewMessage(role="user", content="x", id=taken)
        refusal = play.refused(r.AddMessage(session=ID, message=message))
        assert (refusal.code, refusal.path) == ("message-exists", "$.message.id")


def test_a_message_is_changed_field_by_field() -> None:
    play = Play.of()
    add(play, id="mine", metadata={"a": 1})
    told = change(play, "mine", content=[{"type": "text", "text": "new"}], role="assistant")
    message = play.state.messages[-1]
    assert (message.text, message.role, message.metadata) == ("new", "assistant", {"a": 1})
    assert (message.created_at, told["message_id"]) == (NOW, "mine")
    change(play, "mine", metadata=None)
    assert play.state.messages[-1].metadata is None
    assert play.session.message_count == 1


@pytest.mark.parametrize(
    ("updates", "code", "path"),
    [
        ({"id": "other"}, "read-only-field", "$.updates.id"),
        ({"created_at": "2020-01-01T00:00:00Z"}, "read-only-field", "$.updates.created_at"),
        ({"role": "boss"}, "bad-request", "$.updates.role"),
        ({"content": [{"type": "smell"}]}, "bad-request", "$.updates.content[0].type"),
        ({"content": "text"}, "bad-request", "$.updates.content"),
        ({"colour": "red"}, "bad-request", "$.updates"),
    ],
)
def test_a_wrong_change_is_refused_with_its_path(
    updates: dict[str, Any], code: str, path: str
) -> None:
    play = Play.of()
    add(play, id="mine")
    command = r.UpdateMessage(session=ID, message_id="mine", updates=updates)
    refusal = play.refused(command)
    assert (refusal.code, refusal.path) == (code, path)


def test_an_unknown_message_is_refused() -> None:
    refusal = talking().refused(r.UpdateMessage(session=ID, message_id="X", updates={}))
    assert refusal.code == "message-not-found"
    assert refusal.message == "Message not found with ID: X"


def test_metrics_add_up_and_utilization_is_of_the_last_call() -> None:
    play = talking()
    for prompt, completion in ((50, 80), (700, 0)):
        command = r.UpdateTokenMetrics(
            session=ID, prompt_tokens=prompt, completion_tokens=completion
        )
        assert answer(play.decide(command), play.state) == play.session
    metrics = play.session.metrics
    assert (metrics.prompt_tokens, metrics.completion_tokens, metrics.total_tokens) == (
        750,
        80,
        830,
    )
    assert (metrics.context_utilization, metrics.max_context_window) == (0.7, WINDOW)
    assert metrics.estimated_cost == Decimal("8.3")
    assert [type(event) for event in play.events] == [e.TokenMetricsUpdated] * 2


def test_a_session_without_conversation_has_metrics_too() -> None:
    play = Play.of()
    play.decide(r.UpdateTokenMetrics(session=ID, prompt_tokens=5))
    assert play.session.metrics.total_tokens == 5
    assert play.session.metrics.context_utilization is None
