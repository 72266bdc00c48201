"""What tools say for the prompt: real MCP servers, and what the model is sent over real HTTP."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from storage.records import event as e
from tests.fakes.greenroom import DEMO_SERVER, House
from tests.fakes.talk import HERE_AGAIN, Talk
from tests.peers.message_streams import text, tool_use

DEMO = {"demo": {"command": sys.executable, "args": [str(DEMO_SERVER)], "auto_approve": True}}
SUM = {"id": "sum", "server": "demo", "tool": "add", "params": {"a": 20, "b": 22}}
BROKEN = {"id": "cupboard", "server": "demo", "tool": "fail"}


@pytest.fixture
def talk(greenroom: House) -> Iterator[Talk]:
    made = Talk(greenroom)
    with made.server:
        yield made


def asked(talk: Talk) -> Any:
    talk.answers = [text("yes")]
    return talk.ask().result(30)


def prompt_of(talk: Talk, number: int = -1) -> str:
    return "".join(block["text"] for block in talk.server.requests[number].body["system"])


def entries(*settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"mcp_servers": DEMO, "dynamic_context": [{**each, **more} for each in settings]}


def test_the_model_is_told_what_a_tool_says(talk: Talk) -> None:
    talk.settle(**entries(SUM))
    assert asked(talk).ok
    assert "# Current context\n\n## demo.add\n\n```\n42\n```" in prompt_of(talk)
    first, second = talk.server.requests[0].body["system"]
    assert "cache_control" in first
    assert "Current context" in second["text"]
    shown = talk.house.get("get-context", session=talk.session)
    assert shown["dynamic_context"] == [{"tool_name": "demo.add", "result": "42"}]


def test_a_failed_one_is_a_line_in_the_prompt_and_an_event(talk: Talk) -> None:
    talk.settle(**entries(BROKEN, SUM))
    answer = asked(talk)
    assert answer.ok
    assert "## demo.fail\n\nNot available: " in prompt_of(talk)
    assert "42" in prompt_of(talk)
    events = talk.house.journal(talk.session)
    (failed,) = [event for event in events if isinstance(event, e.ContextPartFailed)]
    assert (failed.part, failed.number) == ("dynamic context cupboard", 0)
    assert "the cupboard is bare" in failed.message
    assert failed.message in answer.data["turns"][0].left_out[0]


def test_a_server_that_is_not_there_is_a_line_too(talk: Talk) -> None:
    talk.settle(dynamic_context=[{**SUM, "server": "nobody"}])
    assert asked(talk).ok
    assert "Not available: the server of nobody.add does not run" in prompt_of(talk)


def test_a_required_one_that_fails_fails_the_request(talk: Talk) -> None:
    talk.settle(**entries(BROKEN, required=True))
    answer = asked(talk)
    assert answer.error is not None
    assert answer.error.code == "context-failed"
    assert "dynamic context cupboard is required" in answer.error.message
    assert talk.server.requests == []


def test_the_turns_of_a_request_are_told_the_same(talk: Talk) -> None:
    talk.settle(**entries(SUM), prompt={"include_date_time": True})
    talk.answers = [tool_use(("demo__add", {"a": 1, "b": 1})), text("2")]
    assert talk.ask().result(30).ok
    assert len(talk.server.requests) == 2
    assert prompt_of(talk, 0) == prompt_of(talk, 1)


def test_a_result_is_kept_until_a_refresh_is_asked_for(talk: Talk) -> None:
    by_hand = {"refresh": {"on_demand": True}}
    grow = {"id": "note", "server": "ledger", "tool": "look", "params": {"text": "at it"}}
    talk.settle(mcp_servers={"ledger": talk.ledger_server()}, dynamic_context=[{**grow, **by_hand}])
    for _ in range(2):
        assert asked(talk).ok
    assert talk.lines().count("look at it") == 1
    refreshed = talk.house.get("refresh-context", session=talk.session)
    assert refreshed == {"refreshed": ["note"]}
    assert asked(talk).ok
    assert talk.lines().count("look at it") == 2


def test_a_cancel_ends_the_wait_for_a_tool_of_the_prompt(talk: Talk) -> None:
    hangs = {"id": "slow", "server": "ledger", "tool": "note", "params": {"text": "hang here"}}
    server = talk.ledger_server(auto_approve=["note"])
    talk.settle(mcp_servers={"ledger": server}, dynamic_context=[hangs])
    asked_for = talk.ask()
    talk.noted("note hang here")
    talk.cancel(asked_for)
    talk.noted("told to stop hang here")
    talk.settle()
    assert talk.goes_on() == HERE_AGAIN


NOTE = {"id": "note", "server": "ledger", "tool": "note", "params": {"text": "b"}}
LOOK = {"id": "look", "server": "ledger", "tool": "look", "params": {"text": "a"}}


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ((), ["look a"]),
        (({"tool": "ledger.look", "decision": "deny"},), []),
        (({"tool": "ledger.look", "decision": "ask"},), []),
        (({"tool": "ledger.note", "decision": "allow"},), ["look a", "note b"]),
    ],
)
def test_rules_hold_for_it_and_what_may_write_must_be_allowed(
    talk: Talk, rules: tuple[dict[str, str], ...], lines: list[str]
) -> None:
    talk.settle(
        mcp_servers={"ledger": talk.ledger_server()},
        dynamic_context=[LOOK, NOTE],
        permissions={"rules": rules},
    )
    assert asked(talk).ok
    assert sorted(talk.lines()) == lines
    assert prompt_of(talk).count("Not available: permission denied: ") == 2 - len(lines)
    talk.house.get("get-context", session=talk.session)
    assert sorted(set(talk.lines())) == lines


def test_its_calls_count_against_the_budget(talk: Talk) -> None:
    talk.settle(mcp_servers={"ledger": talk.ledger_server()}, dynamic_context=[LOOK])
    changes = {"config": {"budget": {"tool_calls": 1}}}
    talk.house.get("update-session", session=talk.session, updates=changes)
    assert asked(talk).ok
    assert asked(talk).ok
    assert "Not available: not run: the budget of" in prompt_of(talk)
    talk.house.get("get-context", session=talk.session)
    assert talk.lines() == ["look a"]
    counted = talk.house.get("get-budget", session=talk.session)
    assert (counted["spent"]["tool_calls"], counted["reserved"]["tool_calls"]) == (1, 0)
    (entry,) = talk.house.get("get-context", session=talk.session)["dynamic_context"]
    assert "raise it with: greenroom budget" in entry["error"]
