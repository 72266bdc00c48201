"""Conversations from the request to the answer: the scripted model, and real MCP servers."""

import os
import signal
import time
from concurrent.futures import Future
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from storage.records import event as e
from storage.records.conversation import TurnGrew
from storage.records.request import Answer
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House, demo_server
from tests.peers.processes import children

LONG = " ".join(f"word{number}" for number in range(400))
SCRIPT: list[dict[str, Any]] = [
    {
        "when": r"add (\d+) and (\d+)",
        "reply": [
            {"text": "Let me see. "},
            {"tool": "demo.add", "parameters": {"a": "{{1}}", "b": "{{2}}"}},
        ],
    },
    {"when": r"^(\d+)$", "reply": [{"text": "It is {{1}}."}]},
    {"when": "wait", "reply": [{"text": "late"}], "delay_seconds": 60},
    {
        "when": "slow tool",
        "reply": [{"tool": "demo.slow", "parameters": {"seconds": 60, "mark": "m"}}],
    },
    {"when": "long", "reply": [{"text": LONG}]},
    {"when": "ended|outcome", "reply": [{"text": "I see."}]},
    {"when": "die", "reply": [{"tool": "demo.die", "parameters": {}}]},
    {"when": "there is no tool|denied", "reply": [{"text": "No such tool."}]},
    {"when": "hello", "reply": [{"text": "Hello yourself."}]},
]


def talk(greenroom: House, **settings: Any) -> str:
    """A session with a conversation, and the script as its model."""
    greenroom.converse(SCRIPT, **settings)
    session_id: str = greenroom.create(worker={"type": "conversation"})["id"]
    return session_id


def request(session_id: str, content: str) -> dict[str, Any]:
    return {"type": "request", "session": session_id, "content": content}


def said(answer: Answer) -> str:
    assert answer.ok, answer.error
    return str(answer.data["text"])


def test_a_request_is_answered_with_its_cost(greenroom: House) -> None:
    session_id = talk(greenroom)
    answer = greenroom.ask(request(session_id, "hello"))
    assert said(answer) == "Hello yourself."
    assert answer.data["usage"].completion_tokens == 2
    assert answer.data["response_id"].startswith(f"{session_id}-")
    messages = greenroom.get("get-messages", session=session_id)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert greenroom.record(session_id).open_requests == 0


def test_requests_in_a_row_make_rounds_and_carry_what_came_before(greenroom: House) -> None:
    session_id = talk(greenroom)
    futures = [greenroom.post(request(session_id, "hello")) for _ in range(3)]
    assert [said(future.result(PATIENCE_SECONDS)) for future in futures] == ["Hello yourself."] * 3
    rounds = greenroom.get("get-history", session=session_id)["rounds"]
    assert [one["status"] for one in rounds] == ["completed"] * 3
    prompts = [one["turns"][0]["usage"]["prompt_tokens"] for one in rounds]
    assert prompts == sorted(set(prompts))


def test_a_stream_grows_until_it_is_whole(greenroom: House) -> None:
    session_id = talk(greenroom)
    seen: list[TurnGrew] = []
    future = greenroom.post(request(session_id, "long"), follow=seen.append)
    assert said(future.result(PATIENCE_SECONDS)) == LONG
    assert seen[0].turn is None
    texts = [notice.turn.text for notice in seen if notice.turn]
    assert all(after.startswith(before) for before, after in pairwise(texts))
    assert texts[-1] == LONG
    assert len(set(texts)) > 2
    assert {notice.response_id for notice in seen} == {future.result().data["response_id"]}


def test_a_tool_of_a_real_server_is_called(greenroom: House) -> None:
    session_id = talk(greenroom, **demo_server())
    seen: list[TurnGrew] = []
    answer = greenroom.post(request(session_id, "add 20 and 22"), follow=seen.append).result(
        PATIENCE_SECONDS
    )
    assert said(answer).endswith("It is 42.")
    first, _ = answer.data["turns"]
    (call,) = first.tool_calls
    assert (call.status, call.result.content) == ("completed", "42")
    assert [notice.turn for notice in seen if notice.turn and notice.turn.number == 0][-1] == first


def test_servers_of_the_workspace_serve_every_session(greenroom: House) -> None:
    session_id = talk(greenroom, **demo_server(scope="workspace"))
    greenroom.again()
    other = greenroom.create(worker={"type": "conversation"})["id"]

    def there() -> bool:
        answer = greenroom.ask(request(session_id, "add 1 and 2"))
        return said(answer).endswith("It is 3.")

    eventually(there, seconds=PATIENCE_SECONDS)
    assert said(greenroom.ask(request(other, "add 2 and 2"))).endswith("It is 4.")
    assert greenroom.state("mcp_servers", "default:demo") == "running"
    assert greenroom.node("sessions", session_id, "mcp:demo") is None


def test_a_killed_server_is_started_again_and_the_next_request_works(greenroom: House) -> None:
    before = children()
    session_id = talk(greenroom, **demo_server())
    assert said(greenroom.ask(request(session_id, "add 1 and 1"))).endswith("It is 2.")
    for pid in children() - before:
        if b"mcp_demo" in _command_line(pid):
            os.kill(pid, signal.SIGKILL)

    def restarted() -> bool:
        node = greenroom.node("sessions", session_id, "mcp:demo")
        return node is not None and node.restarts == 1 and node.state == "running"

    eventually(restarted, seconds=PATIENCE_SECONDS)
    assert said(greenroom.ask(request(session_id, "add 2 and 3"))).endswith("It is 5.")


def _command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_server_whose_settings_changed_is_replaced_for_the_next_request(
    greenroom: House,
) -> None:
    session_id = talk(greenroom, **demo_server())
    assert said(greenroom.ask(request(session_id, "add 1 and 1"))).endswith("It is 2.")
    greenroom.converse(SCRIPT, **demo_server(env={"CHANGED": "yes"}))
    assert said(greenroom.ask(request(session_id, "add 2 and 3"))).endswith("It is 5.")
    greenroom.converse(SCRIPT)
    assert said(greenroom.ask(request(session_id, "add 2 and 3"))).endswith("No such tool.")
    eventually(lambda: greenroom.node("sessions", session_id, "mcp:demo") is None)


def test_a_server_that_ends_in_a_call_is_an_error_for_the_model(greenroom: House) -> None:
    session_id = talk(greenroom, **demo_server())
    answer = greenroom.ask(request(session_id, "die"))
    assert said(answer).endswith("I see.")
    (call,) = answer.data["turns"][0].tool_calls
    assert call.status == "unknown"


def test_a_tool_that_nobody_has_is_denied(greenroom: House) -> None:
    session_id = talk(greenroom)
    assert said(greenroom.ask(request(session_id, "add 1 and 2"))).endswith("No such tool.")


def test_a_server_that_cannot_be_started_holds_no_request_up(greenroom: House) -> None:
    broken = {"mcp_servers": {"broken": {"command": "/no/such/server"}}}
    session_id = talk(greenroom, **broken)
    assert said(greenroom.ask(request(session_id, "hello"))) == "Hello yourself."


def cancelled(greenroom: House, session_id: str, content: str) -> Answer:
    """Ask, cancel once the turn runs; the answer of the request."""
    future = greenroom.post(request(session_id, content))
    eventually(lambda: running(greenroom, session_id, future))
    rounds = greenroom.get("get-history", session=session_id)["rounds"]
    greenroom.get("cancel", response_id=rounds[-1]["id"])
    return future.result(PATIENCE_SECONDS)


def running(greenroom: House, session_id: str, future: "Future[Answer]") -> bool:
    assert not future.done(), future.result()
    rounds = greenroom.get("get-history", session=session_id)["rounds"]
    return bool(rounds) and bool(rounds[-1]["turns"])


def test_a_cancel_ends_a_call_of_the_model_at_once(greenroom: House) -> None:
    session_id = talk(greenroom)
    started = time.monotonic()
    answer = cancelled(greenroom, session_id, "wait")
    assert answer.error is not None
    assert answer.error.code == "cancelled"
    assert time.monotonic() - started < 20
    assert said(greenroom.ask(request(session_id, "hello"))) == "Hello yourself."
    assert greenroom.room.around.written.contents() == {}
    assert greenroom.room.around.followers._following == {}


def test_a_cancel_ends_a_tool_call_too(greenroom: House) -> None:
    session_id = talk(greenroom, **demo_server())
    future = greenroom.post(request(session_id, "slow tool"))
    started = [e.ToolCallStarted]
    eventually(
        lambda: any(type(one) in started for one in greenroom.journal(session_id)),
        seconds=PATIENCE_SECONDS,
    )
    response_id = greenroom.get("get-history", session=session_id)["rounds"][0]["id"]
    greenroom.get("cancel", response_id=response_id)
    answer = future.result(PATIENCE_SECONDS)
    assert answer.error is not None
    assert answer.error.code == "cancelled"


def test_what_is_written_so_far_can_be_read(greenroom: House) -> None:
    session_id = talk(greenroom)
    accepted = greenroom.get("request", session=session_id, content="wait", wait=False)
    found = greenroom.get("get-response", response_id=accepted["response_id"])
    assert found["status"] in {"queued", "running"}
    asked = {"session": session_id, "worker": "conversation-1"}
    began = greenroom.get("get-activity", **asked)
    assert (began["state"], began["source"]) == ("active", "protocol")
    greenroom.get("update-session", session=session_id, updates={"title": "of another time"})
    assert greenroom.get("get-activity", **asked) == began
    greenroom.get("pause-session", session=session_id)
    found = greenroom.get("get-response", response_id=accepted["response_id"])
    assert found["status"] == "cancelled"


def test_an_open_request_goes_on_after_a_restart_of_the_daemon(greenroom: House) -> None:
    session_id = talk(greenroom)
    accepted = greenroom.get("request", session=session_id, content="wait hello", wait=False)
    eventually(greenroom.room.around.written.contents)
    greenroom.stop()
    greenroom.converse(SCRIPT[-1:])
    greenroom.start()

    def done() -> bool:
        found = greenroom.get("get-response", response_id=accepted["response_id"])
        return bool(found["status"] == "completed")

    eventually(done, seconds=PATIENCE_SECONDS)
    found = greenroom.get("get-response", response_id=accepted["response_id"])
    assert [turn["status"] for turn in found["turns"]] == ["interrupted", "completed"]


def test_without_a_key_the_request_fails_and_says_what_to_do(greenroom: House) -> None:
    session_id = greenroom.create(worker={"type": "conversation"})["id"]
    answer = greenroom.ask(request(session_id, "hello"))
    assert answer.error is not None
    assert "ANTHROPIC_API_KEY" in answer.error.message


def test_a_provider_without_an_adapter_is_refused_when_it_is_needed(greenroom: House) -> None:
    session_id = greenroom.create(config={"provider": "other", "model": "m"})["id"]
    assert greenroom.refused("request", session=session_id, content="x") == "provider-unavailable"


def test_whoever_asks_is_told_that_the_settings_are_not_what_the_file_says(
    greenroom: House,
) -> None:
    session_id = talk(greenroom)
    shown: list[TurnGrew] = []
    greenroom.post(request(session_id, "hello"), follow=shown.append).result(PATIENCE_SECONDS)
    assert {notice.warnings for notice in shown} == {()}
    greenroom.data.workspace_file("default").write_text("{")
    shown.clear()
    asked = {**request(session_id, "hello"), "id": "with-follow"}
    answer = greenroom.post(asked, follow=shown.append).result(PATIENCE_SECONDS)
    (warning,) = answer.data["warnings"]
    assert "workspace.json:1: " in warning
    assert warning.endswith("(the last good one stays in force)")
    assert shown[0].turn is None
    assert shown[0].warnings == (warning,)
    sent = greenroom.get("request", session=session_id, content="hello", wait=False)
    assert sent["warnings"] == [warning]


def test_a_file_that_cannot_be_read_fails_the_request(greenroom: House) -> None:
    session_id = talk(greenroom, files=[{"name": "notes", "path": "no-such-file"}])
    assert greenroom.refused("request", session=session_id, content="hello") == "context-failed"


def test_an_unknown_fault_in_a_call_starts_the_conversation_anew(
    greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = talk(greenroom)

    async def fail(*_: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("actors.conversations.context_building.build", fail)
    assert greenroom.refused("request", session=session_id, content="hello") == "interrupted"
    monkeypatch.undo()
    assert said(greenroom.ask(request(session_id, "hello"))) == "Hello yourself."


def test_a_conversation_can_be_stopped_started_and_restarted(greenroom: House) -> None:
    session_id = talk(greenroom)
    asked = {"session": session_id, "worker": "conversation-1"}
    assert greenroom.get("stop-worker", **asked)["status"] == "stopped"
    assert greenroom.refused("request", session=session_id, content="hello") == "worker-not-running"
    assert greenroom.get("start-worker", **asked)["status"] == "running"
    assert greenroom.get("restart-worker", **asked)["status"] == "running"
    assert greenroom.get("restart-session", session=session_id)["workers"][0]["status"] == "running"
    assert said(greenroom.ask(request(session_id, "hello"))) == "Hello yourself."
    assert greenroom.get("delete-worker", **asked) == {"deleted": True}
    assert greenroom.refused("request", session=session_id, content="hello") == "no-conversation"


def test_a_session_of_shells_is_not_asked_for_a_key_of_a_model(greenroom: House) -> None:
    session_id, _ = greenroom.shell()
    greenroom.write_workspace({"models": {"default": {"provider": "anthropic"}}})
    assert greenroom.refused("request", session=session_id, content="hello") == "no-conversation"


def test_a_follower_that_fails_spoils_nothing(greenroom: House) -> None:
    session_id = talk(greenroom)

    def fail(notice: TurnGrew) -> None:
        if notice.turn is not None:
            raise ValueError("boom")

    future = greenroom.post(request(session_id, "hello"), follow=fail)
    assert said(future.result(PATIENCE_SECONDS)) == "Hello yourself."
