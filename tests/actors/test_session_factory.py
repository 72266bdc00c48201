"""What the factory makes, as contract and daemon have it."""

from pathlib import Path
from typing import Any

import pytest

from actors.library import calculate_cost, get_context_window_size
from actors.refused import Refused
from actors.session_factory import SessionFactory
from storage.records import request as r
from storage.records.config import SessionConfig, TokenMetrics
from storage.records.message import ImageContent, TextContent, ToolCallContent, ToolResultContent
from tests.fakes.clock import FakeClock

CLOCK = FakeClock()
MAKE = SessionFactory(clock=CLOCK)


def test_a_session_begins_with_its_system_prompt_and_no_numbers(tmp_path: Path) -> None:
    config = SessionConfig(model="gpt-4", system_prompt="be brief")
    made = MAKE.create_session(config, title="Mine", location_path=tmp_path, metadata={"a": 1})
    (message,) = made.messages
    assert (message.role, message.text) == ("system", "be brief")
    session = made.record
    assert (session.title, session.location_path) == ("Mine", str(tmp_path))
    assert (session.metrics, session.message_count) == (TokenMetrics(), 1)
    assert (session.config, session.created_at) == (config, CLOCK.now())


def test_a_session_with_a_config_has_a_conversation_that_does_not_run() -> None:
    made = MAKE.create_session(SessionConfig())
    (worker,) = made.record.workers
    assert worker.status == "stopped"
    assert list(made.messages) == []
    assert made.record.location_path == str(Path.cwd())


def test_a_session_without_a_config_has_none() -> None:
    made = MAKE.create_session()
    assert (made.record.config, made.record.workers, len(made.messages)) == (None, (), 0)


def test_ids_are_fresh() -> None:
    assert len({MAKE.create_session().record.id for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (SessionConfig(temperature=1.5), "$.config.temperature"),
        (SessionConfig(max_tokens=0), "$.config.max_tokens"),
    ],
)
def test_a_config_that_no_session_can_have_is_refused(config: SessionConfig, path: str) -> None:
    with pytest.raises(Refused) as caught:
        MAKE.create_session(config)
    assert (caught.value.code, caught.value.refusal.path) == ("bad-request", path)


@pytest.mark.parametrize(
    "wanted",
    [{"prompt": "hi"}, {"worker": r.CreateWorkerRequest(type="terminal")}],
)
def test_what_would_have_to_run_is_refused(wanted: Any) -> None:
    with pytest.raises(Refused) as caught:
        MAKE.begin(r.CreateSession(location_path="/", **wanted))
    assert caught.value.code == "not-available"


def test_what_no_session_is_made_of_is_refused_by_the_daemons_rules() -> None:
    with pytest.raises(Refused, match="location_path is missing"):
        MAKE.begin(r.CreateSession())


def test_messages_take_text_or_a_list_of_content() -> None:
    image = ImageContent(url="https://example.org/a.png")
    call = ToolCallContent(tool_call_id="c1", name="read", args={"path": "a"})
    user = MAKE.create_user_message([TextContent("look"), image])
    assistant = MAKE.create_assistant_message("I read it", [call])
    assert (user.role, user.content) == ("user", (TextContent("look"), image))
    assert (assistant.role, assistant.content) == ("assistant", (TextContent("I read it"),))
    assert assistant.tool_calls == (call,)
    assert MAKE.create_assistant_message("x").tool_calls is None
    assert MAKE.create_system_message("be brief").role == "system"
    assert user.created_at == CLOCK.now()


def test_bytes_are_no_text() -> None:
    raw: Any = b"say abc"
    for make in (
        lambda: MAKE.create_user_message(raw),
        lambda: MAKE.create_user_message([TextContent(raw)]),
        lambda: MAKE.create_system_message(raw),
        lambda: MAKE.create_tool_message("c1", raw),
        lambda: MAKE.create_session(title=raw),
    ):
        with pytest.raises(Refused, match="bytes are no text; decode them first"):
            make()


def test_a_tool_message_is_one_result_with_the_id_of_its_call() -> None:
    made = MAKE.create_tool_message("c1", "42")
    assert (made.role, made.tool_call_id) == ("tool", "c1")
    assert made.content == (ToolResultContent(tool_call_id="c1", content="42"),)
    (failed,) = MAKE.create_tool_message("c1", "no", is_error=True).content
    assert isinstance(failed, ToolResultContent)
    assert failed.is_error


def test_a_summary_names_what_it_stands_for() -> None:
    first = MAKE.create_user_message("q")
    made = MAKE.create_summary_message("they talked", [first, "another"])
    assert made.role == "summary"
    assert made.metadata == {"is_summary": True, "summarized_messages": [first.id, "another"]}


def test_what_it_is_given_is_copied() -> None:
    metadata: Any = {"deep": [1]}
    args: Any = {"paths": ["a"]}
    made = MAKE.create_session(metadata=metadata)
    message = MAKE.create_assistant_message(
        [ToolCallContent(tool_call_id="c", name="n", args=args)]
    )
    metadata["deep"].append(2)
    args["paths"].append("b")
    assert made.record.metadata == {"deep": [1]}
    (block,) = message.content
    assert isinstance(block, ToolCallContent)
    assert block.args == {"paths": ["a"]}


def test_windows_and_prices_are_to_be_had_by_name() -> None:
    assert get_context_window_size("gpt-4") == 8192
    assert get_context_window_size("no-such-model") is None
    cost = calculate_cost(1000, 0, "gpt-4")
    assert cost is not None
    assert cost > 0
    assert calculate_cost(1000, 0, "no-such-model") is None
