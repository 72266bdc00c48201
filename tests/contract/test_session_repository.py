"""What every repository of sessions promises: the one in files and the one in memory."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actors.library import (
    MemorySessionRepository,
    Refused,
    SessionFactory,
    SessionRepository,
)
from actors.messages.recording import Notice, Published
from storage.attachments import LIMIT_BYTES
from storage.records import event as e
from storage.records.config import SessionConfig
from storage.records.message import TextContent, ToolResultContent
from storage.records.request import NewMessage
from storage.records.session import Session
from tests.contract.ways import kept

MAKE = SessionFactory()
GPT = SessionConfig(provider="openai", model="gpt-4")


@pytest.fixture(params=["files", "memory"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionRepository]:
    with kept(request.param, tmp_path / "data") as made:
        yield made


@pytest.fixture
def heard(repository: SessionRepository) -> list[e.Event]:
    found: list[e.Event] = []

    def hear(notice: Notice) -> None:
        assert isinstance(notice, Published)
        found.extend(notice.events)

    repository.subscribe(hear)
    return found


def created(repository: SessionRepository, config: SessionConfig = GPT, **more: Any) -> Session:
    return repository.create_session(MAKE.create_session(config, **more))


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code, str(caught.value)


def test_what_was_created_is_there(repository: SessionRepository) -> None:
    made = created(repository, title="Mine", metadata={"a": 1})
    assert repository.get_session(made.id) == made
    assert repository.session_exists(made.id)
    assert (made.title, made.metadata, made.config) == ("Mine", {"a": 1}, GPT)
    assert repository.get_session("nobody") is None
    assert not repository.session_exists("nobody")


def test_an_id_is_used_once(repository: SessionRepository, heard: list[e.Event]) -> None:
    state = MAKE.create_session(GPT)
    made = repository.create_session(state)
    expected = ("session-exists", f"Session already exists with ID: {made.id}")
    assert refusal(lambda: repository.create_session(state)) == expected
    assert repository.delete_session(made.id)
    assert refusal(lambda: repository.create_session(state)) == expected
    assert [type(event) for event in heard] == [
        e.SessionCreated,
        e.SessionDeleting,
        e.SessionDeleted,
    ]


def test_an_id_that_leads_elsewhere_is_refused(repository: SessionRepository) -> None:
    state = MAKE.create_session(GPT)
    bad = replace(state, session=replace(state.record, id="../../x"))
    assert refusal(lambda: repository.create_session(bad))[0] == "bad-request"


def test_a_message_that_stands_there_twice_is_refused(repository: SessionRepository) -> None:
    state = MAKE.create_session(GPT)
    hello = MAKE.create_user_message("hello")
    twice = replace(state, messages=state.messages.append(hello).append(hello))
    expected = ("message-exists", f"Message already exists with ID: {hello.id}")
    assert refusal(lambda: repository.create_session(twice)) == expected
    assert not repository.session_exists(state.record.id)


def test_it_begins_with_its_system_prompt_and_later_messages_are_added(
    repository: SessionRepository, heard: list[e.Event]
) -> None:
    state = MAKE.create_session(replace(GPT, system_prompt="be brief"))
    state = replace(state, messages=state.messages.append(MAKE.create_user_message("hello")))
    made = repository.create_session(state)
    assert repository.get_messages(made.id) == list(state.messages)
    assert made.message_count == 2
    first, second = heard
    assert isinstance(first, e.SessionCreated)
    assert [message.text for message in first.messages] == ["be brief"]
    assert isinstance(second, e.MessageAdded)


def test_deleting_says_whether_there_was_one(
    repository: SessionRepository, heard: list[e.Event]
) -> None:
    made = created(repository)
    heard.clear()
    assert repository.delete_session(made.id) is True
    assert [type(event) for event in heard] == [e.SessionDeleting, e.SessionDeleted]
    heard.clear()
    assert repository.delete_session(made.id) is False
    assert repository.delete_session("nobody") is False
    assert heard == []
    assert repository.list_sessions() == []
    assert not repository.session_exists(made.id)


@pytest.mark.parametrize(
    "call",
    [
        lambda kept: kept.update_session("nobody", {"title": "x"}),
        lambda kept: kept.get_messages("nobody"),
        lambda kept: kept.add_message("nobody", NewMessage(role="user", content="x")),
        lambda kept: kept.update_message("nobody", "m", {}),
        lambda kept: kept.update_token_metrics("nobody", 1),
    ],
)
def test_no_such_session_is_refused(
    repository: SessionRepository, call: Callable[[SessionRepository], object]
) -> None:
    expected = ("session-not-found", "Session not found with ID: nobody")
    assert refusal(lambda: call(repository)) == expected


def test_no_such_message_is_refused(repository: SessionRepository) -> None:
    made = created(repository)
    expected = ("message-not-found", "Message not found with ID: m1")
    assert refusal(lambda: repository.update_message(made.id, "m1", {})) == expected


def test_messages_are_kept_in_order_and_can_be_changed(repository: SessionRepository) -> None:
    made = created(repository)
    question, answer = MAKE.create_user_message("q"), MAKE.create_assistant_message("a")
    assert repository.add_message(made.id, question).message_count == 1
    repository.add_message(made.id, answer)
    after = repository.update_message(made.id, answer.id, {"metadata": {"good": True}})
    assert after.updated_at > made.updated_at
    assert repository.get_messages(made.id) == [
        question,
        replace(answer, metadata={"good": True}),
    ]
    bad = refusal(lambda: repository.update_message(made.id, question.id, {"id": "other"}))
    assert bad[0] == "read-only-field"


def test_config_and_metrics_are_merged_one_level_deep(repository: SessionRepository) -> None:
    made = created(repository)
    updates = {"config": {"effort": "low"}, "metrics": {"prompt_tokens": 3}}
    after = repository.update_session(made.id, updates)
    assert after.config == replace(GPT, effort="low")
    assert (after.metrics.prompt_tokens, after.metrics.total_tokens) == (3, 3)
    assert repository.get_session(made.id) == after


@pytest.mark.parametrize("field", ["id", "created_at", "messages", "workers"])
def test_some_fields_cannot_be_set(repository: SessionRepository, field: str) -> None:
    made = created(repository)
    assert refusal(lambda: repository.update_session(made.id, {field: "x"}))[0] == "read-only-field"
    assert repository.get_session(made.id) == made


def test_tokens_added_from_many_threads_all_count(repository: SessionRepository) -> None:
    made = created(repository)

    def add() -> None:
        for _ in range(10):
            repository.update_token_metrics(made.id, 2, 1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = repository.get_session(made.id)
    assert found
    assert (found.metrics.prompt_tokens, found.metrics.completion_tokens) == (80, 40)


def test_they_are_listed_oldest_first(repository: SessionRepository) -> None:
    made = [created(repository, title=title).id for title in ("b", "a", "c")]
    assert [entry.id for entry in repository.list_sessions()] == made


def test_values_go_in_and_out_as_copies(
    repository: SessionRepository, heard: list[e.Event]
) -> None:
    given: Any = {"deep": {"n": 1}}
    made = created(repository, metadata=given)
    message = MAKE.create_user_message("x")
    repository.add_message(made.id, replace(message, metadata=given))
    repository.update_session(made.id, {"config": {"provider_options": given}})
    given["deep"]["n"] = 2
    made.metadata["deep"]["n"] = 3
    (found,) = repository.get_messages(made.id)
    assert found.metadata == {"deep": {"n": 1}}
    found.metadata["deep"]["n"] = 4
    for event in heard:
        if isinstance(event, e.SessionCreated):
            event.session.metadata["deep"]["n"] = 5
        if isinstance(event, e.SessionConfigUpdated):
            event.config["provider_options"]["deep"]["n"] = 5
    record = repository.get_session(made.id)
    assert record
    assert record.config
    assert record.metadata == record.config.provider_options == {"deep": {"n": 1}}
    assert repository.get_messages(made.id)[0].metadata == {"deep": {"n": 1}}


def test_what_no_journal_can_hold_is_refused_and_changes_nothing(
    repository: SessionRepository,
) -> None:
    made = created(repository)
    odd: Any = {"title": object()}
    assert refusal(lambda: repository.update_session(made.id, odd))[0] == "bad-request"
    long = NewMessage(role="user", content="x" * (5 << 20))
    assert refusal(lambda: repository.add_message(made.id, long))[0] == "too-large"
    assert repository.get_session(made.id) == made
    assert repository.add_message(made.id, MAKE.create_user_message("short")).message_count == 1


def test_a_long_tool_result_is_kept_apart_and_its_head_remains(
    repository: SessionRepository,
) -> None:
    made = created(repository)
    repository.add_message(made.id, MAKE.create_tool_message("c1", "x" * (LIMIT_BYTES + 1)))
    (found,) = repository.get_messages(made.id)
    (block,) = found.content
    assert isinstance(block, ToolResultContent)
    assert len(block.content) < LIMIT_BYTES
    assert isinstance(block.attachment, str)


def test_a_subscriber_hears_until_it_ends_that(repository: SessionRepository) -> None:
    found: list[Notice] = []
    subscription = repository.subscribe(found.append)
    made = created(repository)
    subscription.unsubscribe()
    repository.update_session(made.id, {"title": "x"})
    (only,) = found
    assert isinstance(only, Published)
    assert (only.session_id, only.session) == (made.id, made)


def test_the_one_in_memory_can_be_counted_and_cleared() -> None:
    repository = MemorySessionRepository()
    first = MAKE.create_session(GPT)
    repository.create_session(first)
    created(repository)
    assert repository.size == 2
    repository.clear()
    assert repository.size == 0
    assert repository.list_sessions() == []
    made = repository.create_session(first)
    assert repository.get_session(made.id) == made


def test_after_its_end_nothing_is_taken(repository: Any) -> None:
    made = created(repository)
    repository.close()
    repository.close()
    calls: list[Callable[[], object]] = [
        repository.list_sessions,
        lambda: repository.get_session(made.id),
        lambda: repository.create_session(MAKE.create_session(GPT)),
        lambda: repository.update_session(made.id, {"title": "x"}),
        lambda: repository.delete_session(made.id),
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match="closed"):
            call()


def test_text_stays_text(repository: SessionRepository) -> None:
    made = created(repository)
    text = 'emoji 🚪, \u2028, "quotes" and \\'
    repository.add_message(made.id, MAKE.create_user_message(text))
    assert repository.get_messages(made.id)[0].content == (TextContent(text),)
