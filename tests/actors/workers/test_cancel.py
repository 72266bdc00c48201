"""A request can be cancelled at every step: what it waits for never comes, the cancel's answer
does.

The model is a real server over HTTP, which sees when it is left; the server of tools is another,
and is told to stop. After each cancel the next request is answered, with a valid history.
"""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from storage.records import event as e
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS
from tests.fakes.talk import HERE_AGAIN, PEERS, Talk
from tests.peers.message_streams import USAGE, Answer, error, text, tool_use


def test_in_the_queue_and_the_order_of_the_others_stays(talk: Talk) -> None:
    go_on = threading.Event()
    talk.answers = [lambda: _after(go_on, text("first")), text("third")]
    first = talk.ask("1")
    eventually(lambda: talk.server.requests)
    second, third = talk.ask("2"), talk.ask("3")
    eventually(lambda: len(talk.rounds()) == 3)
    assert [one["status"] for one in talk.rounds()] == ["running", "queued", "queued"]
    assert talk.house.record(talk.session).open_requests == 3
    talk.cancel(second, number=1)
    go_on.set()
    assert [one.result(PATIENCE_SECONDS).data["text"] for one in (first, third)] == [
        "first",
        "third",
    ]
    assert talk.goes_on() == HERE_AGAIN
    assert "2" not in [message["content"] for message in talk.server.requests[-1].body["messages"]]


def _after(event: threading.Event, answer: Answer) -> Answer:
    event.wait(PATIENCE_SECONDS)
    return answer


def test_while_a_server_of_tools_comes_up(talk: Talk) -> None:
    mute = {"command": sys.executable, "args": [str(PEERS / "mcp_mute.py")]}
    talk.settle(mcp_servers={"mute": mute})
    asked = talk.ask()
    eventually(lambda: talk.house.node("sessions", talk.session, "mcp:mute"))
    talk.cancel(asked)
    assert not talk.server.requests
    talk.settle()
    assert talk.goes_on() == HERE_AGAIN


@contextmanager
def full_server() -> Iterator[str]:
    """The URL of a server that lets nobody in any more: its queue is full."""
    with ExitStack() as open_sockets:
        listening = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(2):
            waiting = open_sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_while_it_connects(talk: Talk) -> None:
    with full_server() as url:
        talk.settle(url)
        asked = talk.ask()
        eventually(talk.house.room.around.written.contents)
        talk.cancel(asked)
    talk.settle()
    assert talk.goes_on() == HERE_AGAIN


def test_before_the_first_byte(talk: Talk) -> None:
    left = threading.Event()
    talk.answers = [lambda: _after(left, text("x" * 100).slowly(0.01))]
    asked = talk.ask()
    eventually(lambda: talk.server.requests)
    talk.cancel(asked)
    left.set()
    assert talk.server.cut_off.wait(PATIENCE_SECONDS)
    assert talk.goes_on() == HERE_AGAIN


def test_in_the_middle_of_the_stream_what_came_is_kept_and_booked(talk: Talk) -> None:
    talk.answers = [text("half of an answer that goes on and on").slowly(0.2)]
    asked = talk.ask()
    eventually(talk.is_streaming)
    talk.cancel(asked)
    assert talk.server.cut_off.wait(PATIENCE_SECONDS)
    (turn,) = talk.rounds()[0]["turns"]
    assert (turn["status"], turn["estimated"]) == ("interrupted", True)
    assert turn["content"][0]["text"].startswith("half of")
    metrics = talk.house.record(talk.session).metrics
    assert metrics.total_tokens == sum(
        turn["usage"][kind] for kind in ("prompt_tokens", "completion_tokens")
    )
    assert talk.goes_on() == HERE_AGAIN


def spending(talk: Talk) -> dict[str, Any]:
    found: dict[str, Any] = talk.house.get("get-budget", session=talk.session)
    return found


@pytest.mark.parametrize("budget", [None, {"tokens": 1_000_000}])
def test_after_the_prompt_was_counted_and_before_the_first_text(
    talk: Talk, budget: dict[str, Any] | None
) -> None:
    changes = {"config": {"budget": budget}}
    talk.house.get("update-session", session=talk.session, updates=changes)
    talk.answers = [text("never to come").slowly(60)]
    asked = talk.ask()
    around = talk.house.room.around
    counts = around.written.under_way
    eventually(lambda: [one for one in counts().values() if one and one.completion_tokens])
    talk.cancel(asked)
    (turn,) = talk.rounds()[0]["turns"]
    counted = sum(USAGE.values()) - USAGE["output_tokens"]
    assert (turn["estimated"], turn["usage"]["prompt_tokens"]) == (True, counted)
    booked = talk.house.record(talk.session).metrics.total_tokens
    assert booked == sum(USAGE.values())
    if budget:
        eventually(lambda: not spending(talk)["reserved"]["tokens"])
        assert spending(talk)["spent"]["tokens"] == booked
    assert talk.goes_on() == HERE_AGAIN


def test_while_it_waits_to_be_asked_again(talk: Talk) -> None:
    talk.answers = [error(529, "overloaded_error", headers={"retry-after": "50"})]
    asked = talk.ask()
    eventually(lambda: talk.recorded(e.TurnRetried))
    talk.cancel(asked)
    assert talk.goes_on() == HERE_AGAIN


def test_in_a_tool_call_that_hangs_the_server_is_told(talk: Talk) -> None:
    talk.settle(mcp_servers={"ledger": talk.ledger_server(auto_approve=True)})
    talk.answers = [tool_use(("ledger__note", {"text": "hang"}), ("ledger__note", {"text": "b"}))]
    asked = talk.ask()
    talk.noted("note hang")
    talk.cancel(asked)
    calls = talk.rounds()[0]["turns"][0]["tool_calls"]
    assert [call["status"] for call in calls] == ["unknown", "denied"]
    talk.noted("told to stop hang")
    assert talk.goes_on() == HERE_AGAIN
    assert talk.lines() == ["note hang", "told to stop hang"]


@pytest.mark.parametrize("ending", ["pause-session", "stop-session", "restart-session"])
def test_a_pause_a_stop_and_a_restart_leave_a_hanging_call_too(talk: Talk, ending: str) -> None:
    talk.settle(mcp_servers={"ledger": talk.ledger_server(auto_approve=True)})
    talk.answers = [tool_use(("ledger__note", {"text": "hang"})), text("I see")]
    asked = talk.ask()
    talk.noted("note hang")
    talk.house.get(ending, session=talk.session)
    talk.noted("told to stop hang")
    answer = asked.result(PATIENCE_SECONDS)
    if ending == "restart-session":
        assert answer.ok
        assert answer.data["text"] == "I see"
    else:
        assert answer.error is not None
        assert answer.error.code == "cancelled"
        begin = "resume-session" if ending == "pause-session" else "start-session"
        talk.house.get(begin, session=talk.session)
    calls = talk.rounds()[0]["turns"][0]["tool_calls"]
    assert [call["status"] for call in calls] == ["unknown"]
    assert talk.goes_on() == HERE_AGAIN


def test_while_a_call_for_the_prompt_hangs(talk: Talk) -> None:
    context = {"id": "notes", "server": "ledger", "tool": "note", "params": {"text": "hang"}}
    talk.settle(
        mcp_servers={"ledger": talk.ledger_server(auto_approve=True)},
        dynamic_context=[{**context, "timeout_seconds": 600}],
    )
    asked = talk.ask()
    talk.noted("note hang")
    talk.cancel(asked)
    talk.noted("told to stop hang")
    assert not talk.server.requests
    talk.settle()
    assert talk.goes_on() == HERE_AGAIN


def test_while_a_usage_limit_is_waited_for(talk: Talk) -> None:
    headers = {"retry-after": "5000", "anthropic-ratelimit-unified-status": "rejected"}
    talk.answers = [error(429, "rate_limit_error", headers=headers)]
    asked = talk.ask()
    eventually(lambda: talk.recorded(e.UsageLimitReached))
    talk.cancel(asked)
    assert talk.goes_on() == HERE_AGAIN


def test_while_a_permission_is_open_nothing_is_called(talk: Talk) -> None:
    talk.settle(mcp_servers={"ledger": talk.ledger_server()})
    talk.answers = [tool_use(("ledger__note", {"text": "never"}))]
    asked = talk.ask()
    eventually(lambda: talk.house.record(talk.session).permissions, seconds=PATIENCE_SECONDS)
    talk.cancel(asked)
    assert talk.house.record(talk.session).permissions == ()
    (call,) = talk.rounds()[0]["turns"][0]["tool_calls"]
    assert call["status"] == "denied"
    assert talk.goes_on() == HERE_AGAIN
    assert talk.lines() == []
