from typing import Any

import pytest

from actors.cli.history_view import MALFORMED, round_lines
from actors.decisions import permission_answers, text_calls
from actors.decisions.text_calls import WrittenCall, parsed


def shown(*turns: dict[str, Any], **entry: Any) -> list[str]:
    """The lines of a round after its request."""
    request = {"content": [{"type": "text", "text": "hello"}]}
    fields = {"request": request, "status": "completed", "turns": turns, **entry}
    lines = ["".join(text for text, _ in line) for line in round_lines(fields)]
    assert lines[1] == "  hello"
    return lines[2:-1]


def turn(text: str = "", **fields: Any) -> dict[str, Any]:
    return {"model": "m", "content": [{"type": "text", "text": text}], **fields}


def test_a_turn_shows_its_model_its_cost_and_what_is_not_certain_of_it() -> None:
    usage = {"prompt_tokens": 1}
    assert shown(turn("Hi", usage=usage)) == ["model m, cost unknown", "  Hi"]
    assert shown(turn("Hi", usage=usage, cost={"usd": 0.5}, estimated=True, retries=1)) == [
        "model m, $0.5000, estimated, asked 2 times",
        "  Hi",
    ]


def test_a_call_that_waits_says_so_in_place_of_its_error() -> None:
    waiting = turn(waits_until="2026-11-21T12:00:05Z", error="busy", retries=1)
    head, why, status = shown(waiting, status="running")
    assert head == "model m, asked 2 times"
    assert why.startswith("  asked again at 2026-11-2")
    assert why.endswith(": busy")
    assert status == "running"


def test_an_end_that_is_not_the_models_own_is_told() -> None:
    assert "  the model refused" in shown(turn("No.", stop_reason="refusal"))
    assert shown(turn("Yes.", stop_reason="end_turn")) == ["model m", "  Yes."]


def test_why_a_round_failed_is_told_once() -> None:
    failed = turn(status="error", error="no connection")
    failure = {"code": "provider-error", "message": "no connection"}
    assert shown(failed, status="failed", failure=failure) == ["failed: no connection"]
    assert shown(turn("half", error="cut off")) == ["model m", "  half", "  cut off"]


def called(status: str, content: str) -> list[str]:
    call = {"name": "git.add", "args": {}, "status": status, "result": {"content": content}}
    return shown(turn(tool_calls=[call]))[1:]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("there is no tool git.add; the tools are: none", "not run: there is no tool git.add; "),
        ("not run: the budget is spent", "not run: the budget is spent"),
        ("cancelled before it ran", "not run: cancelled before it ran"),
        (permission_answers.EXPIRED, "not run: nobody answered in time"),
        (permission_answers.DENIED, "denied: whoever was asked said no"),
        ("permission denied: a rule says no", "denied: a rule says no"),
    ],
)
def test_a_call_that_did_not_run_says_why_and_denied_only_after_a_no(
    content: str, told: str
) -> None:
    (line,) = called("denied", content)
    assert line.startswith(f"  tool git.add {{}}: {told}")


def test_a_call_that_could_not_be_read_is_shown_as_written_and_its_reason_once() -> None:
    written = parsed(WrittenCall('{"tool": "git.add",\n "parameters": {"a" 1}}'), "c1")
    reason = str(written.args["problem"])
    result = {"content": reason}
    made = {"name": written.name, "args": written.args, "status": "denied", "result": result}
    (line,) = shown(turn(tool_calls=[made]))[1:]
    assert line == f'  tool (malformed) {{"tool": "git.add", "parameters": {{"a" 1}}}}: {reason}'
    assert line.count("not run: this call cannot be read (") == 1
    assert MALFORMED == text_calls.MALFORMED


def test_the_lines_of_a_result_are_lines_and_its_tabs_are_blanks() -> None:
    assert called("completed", "a\tb\nc\n")[1:] == ["    a   b", "    c"]


def test_a_cancelled_request_says_so_once() -> None:
    failure = {"code": "cancelled", "message": "cancelled"}
    assert shown(status="cancelled", failure=failure) == ["cancelled"]
