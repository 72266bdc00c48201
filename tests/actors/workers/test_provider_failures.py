"""Every way in which a provider fails, over real HTTP, through the turn machine to its end.

The clock is moved by hand, so that pauses take no time; the sockets are real.
"""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.records import event as e
from storage.records.conversation import TurnGrew
from storage.records.request import Answer
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import PATIENCE_SECONDS, House, demo_server, house, pass_time
from tests.peers import message_streams as streams
from tests.peers.messages_server import WINDOW, MessagesServer

KEY = "sk-planted-0123456789"
BROKEN = (streams.error_in_stream(), streams.clean_close(), streams.dropped())
MAY_PASS = (
    (streams.error(429, "rate_limit_error"), "rate-limited"),
    (streams.error(529, "overloaded_error"), "overloaded"),
    (streams.error(503, "api_error"), "provider-error"),
    (streams.malformed_events(), "provider-error"),
    (streams.malformed_tool_json(), "provider-error"),
    (streams.html(), "provider-error"),
    (streams.Answer(), "provider-error"),
)
CANNOT_PASS = (
    (400, "invalid_request_error", "bad-request"),
    (401, "authentication_error", "api-key-refused"),
    (404, "not_found_error", "model-unknown"),
    (413, "request_too_large", "bad-request"),
)
LIMITED = streams.error(429, "rate_limit_error", headers={"retry-after": "3600"})


class Asked:
    """A session of a house whose provider is a server that answers as told."""

    def __init__(self, running: House, clock: FakeClock) -> None:
        self.house = running
        self.clock = clock
        self.seen: list[TurnGrew] = []

    def session(
        self, url: str, *, silence_seconds: float = 60.0, tools: bool = False, **settings: Any
    ) -> str:
        provider = {
            "base_url": url,
            "api_key_env": "PLANTED",
            "silence_seconds": silence_seconds,
        }
        models = {"providers": {"anthropic": provider}}
        servers = demo_server() if tools else {}
        self.house.write_workspace({**servers, "models": models, **settings})
        made: str = self.house.create(worker={"type": "conversation"})["id"]
        return made

    def post(self, session_id: str, text: str = "hello") -> "Future[Answer]":
        raw = {"type": "request", "session": session_id, "content": text}
        return self.house.post(raw, follow=self.seen.append)

    def answer(self, session_id: str, text: str = "hello") -> Any:
        """Of a request, with all its pauses; that of a failure is what is beside the refusal."""
        future = self.post(session_id, text)
        self.until(future.done)
        found = future.result()
        return found.error, found.error.data if found.error else found.data

    def until(self, condition: Callable[[], bool]) -> None:
        def met() -> bool:
            if not condition():
                pass_time(self.clock, 10.0)
            return condition()

        eventually(met, seconds=PATIENCE_SECONDS)

    def waiting(self, session_id: str) -> Any:
        """What `status` says of it."""
        sessions = self.house.ask({"type": "get-status"}).data["sessions"]
        return next(each["waiting"] for each in sessions if each["id"] == session_id)

    def told(self, session_id: str, kind: type) -> list[Any]:
        return [event for event in self.house.journal(session_id) if isinstance(event, kind)]


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    clock = FakeClock()
    with house(tmp_path, clock=clock) as running:
        running.environ["PLANTED"] = KEY
        yield Asked(running, clock)


def test_a_stream_that_breaks_is_asked_again_three_times_and_what_came_is_kept(
    asked: Asked,
) -> None:
    for answer in BROKEN:
        asked.seen.clear()
        assert_asked_again_and_kept(asked, answer)


def assert_asked_again_and_kept(asked: Asked, answer: streams.Answer) -> None:
    with MessagesServer([answer] * 4) as server:
        session_id = asked.session(server.url)
        error, data = asked.answer(session_id)
        assert len(server.requests) == 4
    (turn,) = data["turns"]
    assert error.code in {"provider-error", "overloaded"}
    assert (turn.status, turn.retries) == ("error", 3)
    assert turn.text
    assert "half of an answer".startswith(turn.text)
    assert (turn.usage.prompt_tokens, turn.estimated) == (4 * 22, True)
    assert [event.attempt for event in asked.told(session_id, e.TurnRetried)] == [1, 2, 3]
    waits = [notice.turn for notice in asked.seen if notice.turn and notice.turn.waits_until]
    assert [turn.retries for turn in waits] == [1, 2, 3]
    messages = asked.house.get("get-messages", session=session_id)["messages"]
    assert [message["role"] for message in messages] == ["user"]


def test_silence_is_asked_again_too(asked: Asked) -> None:
    with MessagesServer([streams.text("slow").slowly(60), streams.text("quick")]) as server:
        error, data = asked.answer(asked.session(server.url, silence_seconds=1.0))
    assert (error, data["text"], data["turns"][0].retries) == (None, "quick", 1)


def test_what_may_pass_is_asked_again_and_then_told(asked: Asked) -> None:
    for answer, code in MAY_PASS:
        with MessagesServer([answer] * 4) as server:
            session_id = asked.session(server.url)
            error, data = asked.answer(session_id)
            assert len(server.requests) == 4
        assert (error.code, data["turns"][0].retries) == (code, 3)
        assert not asked.told(session_id, e.ToolCallStarted)


def test_a_provider_that_is_not_there_is_asked_again_and_named(asked: Asked) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        error, data = asked.answer(asked.session(url))
    assert (error.code, data["turns"][0].retries) == ("provider-error", 3)
    assert url in error.message


def test_a_failure_that_passes_leaves_a_good_answer(asked: Asked) -> None:
    with MessagesServer([streams.dropped(), streams.text("Good.")]) as server:
        error, data = asked.answer(asked.session(server.url))
    assert (error, data["text"], data["turns"][0].retries) == (None, "Good.", 1)


def test_what_cannot_pass_is_told_at_once(asked: Asked) -> None:
    for status, kind, code in CANNOT_PASS:
        with MessagesServer([streams.error(status, kind)]) as server:
            error, data = asked.answer(asked.session(server.url))
            assert len(server.requests) == 1
        assert (error.code, data["turns"][0].retries) == (code, 0)


def test_unknown_blocks_and_events_do_no_harm(asked: Asked) -> None:
    hologram: list[dict[str, Any]] = [
        {"type": "hologram", "shape": "round"},
        {"type": "light_delta", "lux": 3},
    ]
    answer = streams.stream([hologram, streams.text_block("Seen?")], "novel_reason")
    with MessagesServer([answer, streams.text("Yes.")]) as server:
        session_id = asked.session(server.url)
        error, data = asked.answer(session_id)
        assert (error, data["text"]) == (None, "Seen?")
        asked.answer(session_id)
        assert server.requests[1].body["messages"][1]["content"][0]["type"] == "hologram"


def test_a_call_cut_by_the_limit_is_asked_for_again_with_twice_of_it(asked: Asked) -> None:
    answers = [
        streams.max_tokens_in_tool_json(),
        streams.tool_use(("demo__add", {"a": 1, "b": 2})),
        streams.text("Three."),
    ]
    with MessagesServer(answers, models={streams.MODEL: WINDOW}) as server:
        session_id = asked.session(server.url, tools=True)
        error, data = asked.answer(session_id)
        limits = [received.body["max_tokens"] for received in server.requests]
    assert error is None
    assert limits == [32_000, 64_000, 32_000]
    assert [len(turn.tool_calls) for turn in data["turns"]] == [0, 1, 0]
    assert data["turns"][1].tool_calls[0].result.content == "3"


def test_a_call_cut_by_the_limit_twice_is_never_run(asked: Asked) -> None:
    with MessagesServer([streams.max_tokens_in_tool_json()] * 2) as server:
        session_id = asked.session(server.url, tools=True)
        error, _ = asked.answer(session_id)
        assert len(server.requests) == 2
    assert error.code == "output-limit"
    assert not asked.told(session_id, e.ToolCallStarted)


def test_a_call_runs_only_if_the_model_stopped_for_it(asked: Asked) -> None:
    reasons = ("end_turn", "refusal", "pause_turn", "novel_reason")
    called = [streams.tool_block("demo__add", '{"a": 1, "b": 2}')]
    with MessagesServer([streams.stream(called, reason) for reason in reasons]) as server:
        session_id = asked.session(server.url, tools=True)
        ends = [asked.answer(session_id)[0] for _ in reasons]
    assert [end and end.code for end in ends] == ["provider-error", None, *["provider-error"] * 2]
    assert not asked.told(session_id, e.ToolCallStarted)


def test_a_model_that_pauses_is_asked_to_go_on(asked: Asked) -> None:
    pausing = streams.stream([streams.text_block("A moment.")], "pause_turn")
    with MessagesServer([pausing, streams.text("Done.")]) as server:
        error, data = asked.answer(asked.session(server.url))
        assert server.requests[1].body["messages"][-1]["role"] == "assistant"
    assert (error, data["text"]) == (None, "A moment.\n\nDone.")


def test_a_usage_limit_is_waited_for_shown_and_cancelled_at_once(asked: Asked) -> None:
    with MessagesServer([LIMITED, streams.text("never")]) as server:
        session_id = asked.session(server.url)
        future = asked.post(session_id)
        eventually(lambda: asked.seen and asked.seen[-1].turn and asked.seen[-1].turn.waits_until)
        until = asked.clock.now() + timedelta(hours=1)
        eventually(lambda: asked.waiting(session_id), seconds=PATIENCE_SECONDS)
        (shown,) = asked.waiting(session_id)
        assert shown["until"] == until
        assert "limits the rate" in shown["error"]
        response_id = asked.seen[0].response_id
        found = asked.house.get("get-response", response_id=response_id)
        assert found["turns"][0]["waits_until"].startswith(until.isoformat()[:16])
        assert asked.house.get("cancel", response_id=response_id)["status"] == "cancelled"
        refusal = future.result(PATIENCE_SECONDS).error
        assert refusal is not None
        assert refusal.code == "cancelled"
        assert len(server.requests) == 1


def test_a_usage_limit_that_lasts_too_long_is_told(asked: Asked) -> None:
    with MessagesServer([LIMITED]) as server:
        short = {"usage_limit_wait_seconds": 60}
        error, _ = asked.answer(asked.session(server.url, conversation=short))
    assert error.code == "usage-limit"


def test_what_is_left_of_a_usage_limit_is_waited_after_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    with (
        MessagesServer([LIMITED, streams.text("At last.")]) as server,
        house(tmp_path, clock=clock) as running,
    ):
        running.environ["PLANTED"] = KEY
        asked = Asked(running, clock)
        session_id = asked.session(server.url)
        asked.post(session_id)
        eventually(lambda: asked.told(session_id, e.UsageLimitReached), seconds=PATIENCE_SECONDS)
        clock.advance(3000.0)
        running.again()
        due = clock.monotonic() + 600.0
        eventually(lambda: any(abs(each - 600.0) < 5.0 for each in clock.waiting))
        assert len(server.requests) == 1
        clock.advance(601.0)
        eventually(
            lambda: (
                running.get("get-history", session=session_id)["rounds"][-1]["status"]
                == "completed"
            ),
            seconds=PATIENCE_SECONDS,
        )
        assert clock.monotonic() >= due
        (turn,) = running.get("get-history", session=session_id)["rounds"][-1]["turns"]
    assert turn["content"][0]["text"] == "At last."


def test_what_no_provider_takes_is_told_before_anything_is_sent(asked: Asked) -> None:
    with MessagesServer([streams.text("never")]) as server:
        session_id = asked.session(server.url)
        for config, code in (
            ({"provider_options": {"thinkng": 1}}, "bad-option"),
            ({"provider_options": {"temperature": 1}}, "bad-option"),
            ({"provider": "strange"}, "provider-unavailable"),
        ):
            updates = {"config": {"provider": None, "provider_options": None, **config}}
            asked.house.get("update-session", session=session_id, updates=updates)
            error, _ = asked.answer(session_id)
            assert error.code == code
        assert not asked.told(session_id, e.TurnRetried)
        assert not server.requests
    assert asked.house.refused("create-session", config={"temperature": 1.5}) == "bad-request"


def test_the_key_is_written_nowhere(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    telling = streams.error(401, "authentication_error", f"no: Bearer {KEY}")
    with MessagesServer([telling]) as server:
        error, _ = asked.answer(asked.session(server.url))
        assert KEY in server.requests[0].headers["authorization"]
    assert "[the key]" in error.message
    assert KEY not in json.dumps(asked.house.get("list-sessions")) + error.message + caplog.text
    for path in asked.house.data.root.rglob("*"):
        if path.is_file() and not path.is_socket():
            assert KEY.encode() not in path.read_bytes(), path
