import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from actors.cli.commands.send import (
    MESSAGE_LIMIT_BYTES,
    queued_because,
    usage_line,
    waits_for_servers,
)
from actors.cli.console import Console
from actors.decisions import requests
from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import Json, no, yes

PROJECT = Path(__file__).resolve().parents[4]


def snapshot(request: Json, text: str, number: int = 1) -> Json:
    content = [{"type": "text", "text": text}]
    turn = {"number": number, "status": "streaming", "content": content}
    return {"id": request["id"], "type": "request", "response_id": "r1", "turn": turn, "number": 1}


def answer(request: Json, **data: Any) -> Json:
    return {"id": request["id"], "type": request["type"], "ok": True, "data": data}


def test_the_text_is_printed_as_it_grows(run: Run, serve: Serve) -> None:
    daemon = serve(lambda r: [snapshot(r, "Hel"), snapshot(r, "Hello"), snapshot(r, "Bye", 2),
                              answer(r, text="Hello\n\nBye")])  # fmt: skip
    assert run("send", "chat", "say", "hello") == (0, "Hello\n\nBye\n", "")
    assert daemon.requests[0]["content"] == "say hello"
    assert daemon.requests[0]["session"] == "chat"


def test_a_warning_is_one_line_on_standard_error(run: Run, serve: Serve) -> None:
    told = "workspace.json:4: unterminated (the last good one stays in force)"
    serve(lambda r: [{"id": r["id"], "type": "request", "response_id": "r1", "warnings": [told]},
                     snapshot(r, "Hello"), answer(r, text="Hello", warnings=[told])])  # fmt: skip
    assert run("send", "chat", "x") == (0, "Hello\n", f"warning: {told}\n")


def test_a_warning_is_told_too_to_whoever_does_not_wait(run: Run, serve: Serve) -> None:
    told = "workspace.json:4: unterminated (the last good one stays in force)"
    serve(yes({"response_id": "r7", "warnings": [told]}))
    said = f"warning: {told}\nend it with: greenroom cancel r7\n"
    assert run("send", "chat", "x", "--no-wait") == (0, "queued as r7\n", said)


def test_what_the_model_says_cannot_touch_the_screen(run: Run, serve: Serve) -> None:
    serve(lambda r: [snapshot(r, "a\x1b[2Jb\x07\n"), answer(r)])
    assert run("send", "chat", "x").out == "a\\x1b[2Jb\\x07\n"


def test_json_is_the_answer_alone(run: Run, serve: Serve) -> None:
    serve(lambda r: [snapshot(r, "Hello"), answer(r, text="Hello")])
    outcome = run("send", "chat", "x", "--json")
    assert json.loads(outcome.out)["data"] == {"text": "Hello"}


def test_an_answer_that_failed_keeps_its_text_and_is_status_1(run: Run, serve: Serve) -> None:
    def fail(request: Json) -> list[Json]:
        return [snapshot(request, "Half"), *no("provider-error", "overloaded; try again")(request)]

    serve(fail)
    assert run("send", "chat", "x") == (1, "Half\n", "greenroom: overloaded; try again\n")


def test_without_waiting_the_response_id_is_printed(run: Run, serve: Serve) -> None:
    daemon = serve(yes({"response_id": "r7"}))
    said = (0, "queued as r7\n", "end it with: greenroom cancel r7\n")
    assert run("send", "chat", "x", "--no-wait") == said
    assert daemon.requests[0]["wait"] is False


def test_what_was_seen_of_an_agent_is_printed(run: Run, serve: Serve) -> None:
    told = {"response_id": "r1", "state": "accepted", "evidence": "it left. It shows:\n> x"}
    daemon = serve(lambda r: [answer(r, response_id="r1", delivery=told)])
    assert run("send", "chat/agent-1", "x") == (0, "accepted: it left. It shows:\n  > x\n", "")
    assert (daemon.requests[0]["session"], daemon.requests[0]["worker"]) == ("chat", "agent-1")


def test_an_empty_message_is_wrong_usage(run: Run) -> None:
    assert run("send", "chat", " ").status == 2


def test_standard_input_is_read_for_a_dash(
    run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = serve(lambda r: [answer(r, text="ok")])
    monkeypatch.setattr(sys, "stdin", piped("föm a pipe\r\n".encode()))
    run("send", "chat", "-")
    assert daemon.requests[0]["content"] == "föm a pipe\n"


@pytest.mark.parametrize("words", [("send", "chat", "-"), ("type", "chat/sh", "-")])
def test_what_is_no_text_on_standard_input_is_said_to_be_that(
    run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    daemon = serve(lambda r: [answer(r, text="ok")])
    monkeypatch.setattr(sys, "stdin", piped(b"PNG\x89\xff"))
    outcome = run(*words)
    assert outcome.status == 2
    assert "standard input is no text in UTF-8 (byte 4 is 0x89): nothing was sent" in outcome.err
    assert daemon.requests == []


def piped(content: bytes) -> io.TextIOWrapper:
    """A standard input as the locale C has it."""
    return io.TextIOWrapper(io.BytesIO(content), encoding="ascii", errors="surrogateescape")


def test_usage_and_cost_are_one_line() -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 3}
    line = usage_line({"usage": usage, "cost": {"usd": 0.5, "source": "x"}})
    assert line == "12 prompt tokens, 3 completion tokens, $0.5000"
    assert usage_line({}).endswith("cost unknown")


def spawn_send(data: Path) -> subprocess.Popen[str]:
    words = [str(PROJECT / "run.py"), "send", "chat", "x", "--data", str(data)]
    return subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
    )  # fmt: skip


def stream_until(cancelled: threading.Event) -> Any:
    """A script that shows a piece, and answers once it was cancelled."""

    def script(request: Json) -> Any:
        if request["type"] == "cancel":
            cancelled.set()
            yield answer(request, cancelled=True)
            return
        yield snapshot(request, "Hello\n")
        cancelled.wait(20)
        yield from no("cancelled", "the request was cancelled")(request)

    return script


def test_ctrl_c_cancels_and_waits_for_the_answer(data: Path, serve: Serve) -> None:
    daemon = serve(stream_until(threading.Event()))
    process = spawn_send(data)
    assert process.stdout is not None
    assert process.stdout.readline() == "Hello\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert err.splitlines()[-1] == "greenroom: the request was cancelled"
    assert daemon.requests[1]["type"] == "cancel"
    assert daemon.requests[1]["response_id"] == "r1"


def test_a_second_ctrl_c_leaves_the_answer_to_go_on(data: Path, serve: Serve) -> None:
    over = threading.Event()

    def script(request: Json) -> Any:
        if request["type"] == "cancel":
            yield answer(request)
            return
        yield snapshot(request, "Hello\n")
        over.wait(20)

    serve(script)
    process = spawn_send(data)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    over.set()
    assert process.returncode == 1
    assert "the answer goes on" in err


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (
            {"status": "paused"},
            "queued; the session is paused, let it go on with: greenroom resume",
        ),
        ({"status": "active", "open_requests": 2}, "queued; the session is busy"),
        ({"status": "active", "open_requests": 1}, ""),
        ({"workers": [{"name": "a", "delivery": {"state": "accepted"}}, {"name": "b"}]}, ""),
        (
            {"workers": [{"name": "a", "delivery": {"state": "queued"}}]},
            "queued; it is typed when a asks nothing",
        ),
    ],
)
def test_why_a_message_waits(session: Json, said: str) -> None:
    assert queued_because(session).startswith(said)
    assert bool(queued_because(session)) == bool(said)


def test_which_tool_servers_a_message_waits_for() -> None:
    session = {"id": "s1", "workspace": "w"}

    def one(name: str, state: str, session_id: str | None, workspace: str = "w") -> Json:
        return {"name": name, "state": state, "session_id": session_id, "workspace": workspace}

    others = [one("a", "running", "s1"), one("b", "starting", "s2"), one("c", "failed", "s1"),
              one("d", "starting", None, "other")]  # fmt: skip
    assert waits_for_servers(session, others) == ""
    assert waits_for_servers(session, [*others, one("mute", "starting", "s1")]) == (
        "waiting for tool server mute to start"
    )
    both = [one("mute", "starting", "s1"), one("slow", "starting", None)]
    assert waits_for_servers(session, both) == "waiting for tool servers mute, slow to start"


def test_a_message_that_waits_says_why_once(
    run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def script(request: Json) -> Any:
        if request["type"] == "get-session":
            yield answer(request, id="aaaa", status="paused")
            asked.set()
            return
        yield {"id": request["id"], "type": "request", "response_id": "r1", "turn": None}
        asked.wait(20)
        said.wait(20)
        yield answer(request, text="Hello")

    said = threading.Event()
    note = Console.note

    def noted(console: Console, text: str, style: str = "") -> None:
        note(console, text, style)
        said.set()

    monkeypatch.setattr(Console, "note", noted)
    monkeypatch.setattr("actors.cli.commands.send.SAY_WHY_AFTER_SECONDS", 0.01)
    daemon = serve(script)
    outcome = run("send", "chat", "x")
    assert (outcome.status, outcome.out) == (0, "Hello\n")
    assert outcome.err == (
        "queued; the session is paused, let it go on with: greenroom resume aaaa\n"
    )
    assert [each["type"] for each in daemon.requests] == ["request", "get-session"]


def test_a_message_that_is_too_long_is_refused_in_the_daemons_own_words(
    run: Run, serve: Serve
) -> None:
    daemon = serve(yes({}))
    outcome = run("send", "one", "x" * (MESSAGE_LIMIT_BYTES + 1))
    assert outcome.status == 1
    assert "2,000,001 bytes, and 2,000,000 at most can be sent at once" in outcome.err
    assert daemon.requests == []
    assert requests.MESSAGE_LIMIT_BYTES == MESSAGE_LIMIT_BYTES
