"""The commands of the session state and what they give, the same by every way.

Daemon, tree, files, memory; the numbers are those of the points that the tests show.
"""

from datetime import datetime
from typing import Any

import pytest

from tests.contract.ways import RUNNING, Caller

HELLO = {"role": "user", "content": "hello"}
UNKNOWN = "nosuchsession"
NEED_A_SESSION = [
    ("update-session", {"updates": {"title": "x"}}),
    ("add-message", {"message": HELLO}),
    ("update-message", {"message_id": "m", "updates": {}}),
    ("get-messages", {}),
    ("update-token-metrics", {"prompt_tokens": 1}),
]
INFO_FIELDS = {
    "activity",
    "id",
    "title",
    "type",
    "status",
    "provider",
    "model",
    "created_at",
    "updated_at",
    "message_count",
    "worker_count",
    "is_active",
    "forked_from",
    "location",
    "worktree",
}


# 1. One history.


def test_a_session_has_one_flat_history_in_order(caller: Caller) -> None:
    session_id = caller.gpt(system_prompt="be brief")
    caller.done("add-message", session=session_id, message={"role": "user", "content": "one"})
    second = {"role": "user", "content": "two"}
    added = caller.done("add-message", session=session_id, message=second)
    messages = caller.done("get-messages", session=session_id)["messages"]
    assert [message["content"][0]["text"] for message in messages] == ["be brief", "one", "two"]
    assert added["message_count"] == len(messages) == 3
    assert added["message_id"] == messages[-1]["id"]


def test_a_second_conversation_is_refused(caller: Caller) -> None:
    error = caller.refused("create-worker", session=caller.gpt(), worker={"type": "conversation"})
    assert error.code == ("conversation-exists" if caller.way in RUNNING else "not-available")


# 2. A message is recorded, whoever said it.


@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool", "function", "summary"])
def test_a_message_of_any_role_is_recorded_and_calls_no_model(caller: Caller, role: str) -> None:
    session_id = caller.gpt()
    message = {"role": role, "content": "said"}
    assert caller.new_types(session_id, "add-message", message=message) == ["message-added"]
    (found,) = caller.done("get-messages", session=session_id)["messages"]
    assert (found["role"], found["content"]) == (role, [{"type": "text", "text": "said"}])


# 3. Events.


def test_events_carry_type_session_time_and_their_own_fields(caller: Caller) -> None:
    session_id = caller.gpt(system_prompt="be brief")
    added = caller.done("add-message", session=session_id, message=HELLO)
    message_id = added["message_id"]
    caller.done(
        "update-message", session=session_id, message_id=message_id, updates={"role": "assistant"}
    )
    updates = {"config": {"effort": "high"}}
    caller.done("update-session", session=session_id, updates=updates)
    used = caller.done("update-token-metrics", session=session_id, prompt_tokens=7000)
    caller.done("delete-session", session=session_id)
    events = caller.events(session_id)
    assert [event["type"] for event in events] == [
        "session-created",
        "message-added",
        "message-updated",
        "session-config-updated",
        "session-updated",
        "token-metrics-updated",
        "context-window-critical",
        "session-deleting",
        "session-deleted",
    ]
    assert {event["session_id"] for event in events} == {session_id}
    times = [datetime.fromisoformat(event["timestamp"]) for event in events]
    assert times == sorted(times)
    by_type = {event["type"]: event for event in events}
    created = by_type["session-created"]
    assert created["session"]["config"]["system_prompt"] == "be brief"
    assert created["session"]["message_count"] == len(created["messages"]) == 1
    assert by_type["message-added"]["message"]["id"] == message_id
    assert by_type["message-updated"]["message_id"] == message_id
    assert by_type["message-updated"]["updates"] == {"role": "assistant"}
    assert by_type["session-config-updated"]["config"] == {"effort": "high"}
    assert by_type["session-updated"]["updates"] == updates
    assert by_type["token-metrics-updated"]["metrics"] == used["metrics"]
    critical = by_type["context-window-critical"]
    assert (critical["utilization"], critical["max_context_window"]) == (7000 / 8192, 8192)


# 4. Results.


def test_create_and_get_give_the_session_and_an_unknown_one_is_null(caller: Caller) -> None:
    made = caller.create(title="Mine", metadata={"a": 1})
    assert caller.get(made["id"]) == made
    assert (made["title"], made["metadata"], made["config"]) == ("Mine", {"a": 1}, None)
    assert caller.get(UNKNOWN) is None


def test_changes_give_the_session_as_it_is_then(caller: Caller) -> None:
    session_id = caller.gpt()
    updated = caller.done("update-session", session=session_id, updates={"title": "New"})
    added = caller.done("add-message", session=session_id, message=HELLO)
    message_id = added.pop("message_id")
    used = caller.done("update-token-metrics", session=session_id, completion_tokens=3)
    changed = caller.done(
        "update-message",
        session=session_id,
        message_id=message_id,
        updates={"content": [{"type": "text", "text": "bye"}]},
    )
    assert changed.pop("message_id") == message_id
    assert [each["title"] for each in (updated, added, used, changed)] == ["New"] * 4
    assert caller.get(session_id) == changed
    (message,) = caller.done("get-messages", session=session_id)["messages"]
    assert message["content"][0]["text"] == "bye"


def test_a_listing_is_in_order_of_creation_with_these_fields(caller: Caller) -> None:
    first, second = caller.gpt(), caller.create(title="Plain")["id"]
    caller.done("add-message", session=first, message=HELLO)
    listed = caller.done("list-sessions")["sessions"]
    mine = [entry for entry in listed if entry["id"] in {first, second}]
    assert [entry["id"] for entry in mine] == [first, second]
    assert all(entry.keys() == INFO_FIELDS for entry in mine)
    talks, plain = mine
    assert (talks["provider"], talks["model"], talks["worker_count"]) == ("openai", "gpt-4", 1)
    assert (plain["provider"], plain["model"], plain["worker_count"]) == (None, None, 0)
    assert (talks["message_count"], talks["is_active"], talks["type"]) == (1, True, "quick")


def test_a_deletion_says_whether_there_was_one_and_none_makes_no_event(caller: Caller) -> None:
    session_id = caller.gpt()
    assert caller.done("delete-session", session=session_id) == {"deleted": True}
    heard = caller.types(session_id)
    assert caller.done("delete-session", session=session_id) == {"deleted": False}
    assert caller.done("delete-session", session=UNKNOWN) == {"deleted": False}
    assert caller.types(session_id) == heard
    assert caller.types(UNKNOWN) == []
    assert caller.get(session_id) is None
    assert session_id not in [e["id"] for e in caller.done("list-sessions")["sessions"]]


@pytest.mark.parametrize(("kind", "fields"), NEED_A_SESSION)
def test_no_such_session_has_its_code_and_text(
    caller: Caller, kind: str, fields: dict[str, Any]
) -> None:
    error = caller.refused(kind, session=UNKNOWN, **fields)
    assert (error.code, error.message) == (
        "session-not-found",
        f"Session not found with ID: {UNKNOWN}",
    )


def test_no_such_message_has_its_code_and_text(caller: Caller) -> None:
    error = caller.refused("update-message", session=caller.gpt(), message_id="m9", updates={})
    assert (error.code, error.message) == ("message-not-found", "Message not found with ID: m9")


# 5. Providers.


def test_a_provider_is_any_string(caller: Caller) -> None:
    made = caller.create(config={"provider": "not made yet", "model": "x-1"})
    assert made["config"] == {"provider": "not made yet", "model": "x-1"}
    listed = caller.done("list-sessions")["sessions"]
    assert [e["provider"] for e in listed if e["id"] == made["id"]] == ["not made yet"]


# 6. Active is derived.


def test_is_active_sets_what_is_desired_and_follows_the_status(caller: Caller) -> None:
    session_id = caller.gpt()
    paused = caller.done("update-session", session=session_id, updates={"is_active": False})
    assert (paused["desired"], paused["status"]) == ("paused", "paused")
    listed = {e["id"]: e["is_active"] for e in caller.done("list-sessions")["sessions"]}
    assert listed[session_id] is False
    running = caller.done("update-session", session=session_id, updates={"is_active": True})
    assert (running["desired"], running["status"]) == ("run", "active")
