"""What becomes of a round whose server of tools is killed, or whose actor fails, in the middle."""

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actors.decisions.history import UNKNOWN_OUTCOME
from actors.messages import work
from actors.supervision import ActorRef, tell
from storage.records import event as e
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS
from tests.fakes.talk import HERE_AGAIN, Talk
from tests.peers.message_streams import text, tool_use
from tests.peers.messages_rules import results
from tests.peers.processes import children

HANGING = tool_use(("ledger__note", {"text": "hang"}), ("ledger__note", {"text": "after it"}))


def with_tools(talk: Talk, **settings: Any) -> None:
    talk.settle(mcp_servers={"ledger": talk.ledger_server(auto_approve=True, **settings)})


def kill_servers(talk: Talk) -> None:
    for pid in children():
        if str(talk.ledger).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)


def actor(talk: Talk) -> ActorRef[Any]:
    """Of the conversation."""
    (worker,) = talk.house.record(talk.session).workers
    proxy: Any = talk.house.ref(talk.session).proxy()
    found: ActorRef[Any] = proxy.child_ref(worker.id).get(timeout=PATIENCE_SECONDS)
    return found


def fail(talk: Talk) -> None:
    tell(actor(talk), work.EffectFailed(ValueError("a bug")))


def test_of_a_call_whose_server_is_killed_the_outcome_is_unknown_and_the_next_is_made(
    talk: Talk,
) -> None:
    with_tools(talk)
    talk.answers = [HANGING, text("I see")]
    asked = talk.ask()
    talk.noted("note hang")
    kill_servers(talk)
    answer = asked.result(PATIENCE_SECONDS)
    assert answer.ok, answer.error
    first, second = talk.rounds()[0]["turns"][0]["tool_calls"]
    assert (first["status"], first["result"]["is_error"]) == ("unknown", True)
    assert first["result"]["content"].startswith(UNKNOWN_OUTCOME)
    assert talk.lines().count("note hang") == 1
    assert talk.lines().count("note after it") == (second["status"] == "completed")
    assert talk.goes_on() == HERE_AGAIN


def test_an_actor_that_fails_in_a_call_leaves_its_outcome_unknown(talk: Talk) -> None:
    with_tools(talk)
    talk.answers = [HANGING, text("I see")]
    asked = talk.ask()
    talk.noted("note hang")
    fail(talk)
    answer = asked.result(PATIENCE_SECONDS)
    assert answer.ok, answer.error
    calls = talk.rounds()[0]["turns"][0]["tool_calls"]
    assert [call["status"] for call in calls] == ["unknown", "completed"]
    told = results(talk.server.requests[-1].body)
    assert told == {
        "toolu_1": (UNKNOWN_OUTCOME, True),
        "toolu_2": ("noted after it", False),
    }
    assert talk.goes_on() == HERE_AGAIN
    assert talk.lines() == ["note hang", "told to stop hang", "note after it"]


def test_an_actor_that_fails_in_a_stream_asks_again_once(talk: Talk) -> None:
    talk.answers = [text("half of an answer that goes on").slowly(0.2), text("whole")]
    asked = talk.ask()
    eventually(talk.is_streaming)
    fail(talk)
    answer = asked.result(PATIENCE_SECONDS)
    assert answer.ok, answer.error
    turns = talk.rounds()[0]["turns"]
    assert [turn["status"] for turn in turns] == ["interrupted", "completed"]
    assert turns[0]["estimated"]
    assert answer.data["text"].endswith("whole")
    assert talk.goes_on() == HERE_AGAIN


def is_answering(talk: Talk, number: int) -> bool:
    return len(talk.server.requests) == number and talk.is_streaming()


def test_an_actor_that_fails_again_and_again_ends_the_request(talk: Talk) -> None:
    slowly = text("half of an answer that goes on").slowly(0.2)
    talk.answers = [slowly, slowly]
    asked = talk.ask()
    for number in (1, 2):
        eventually(partial(is_answering, talk, number))
        fail(talk)
    answer = asked.result(PATIENCE_SECONDS)
    assert answer.error is not None
    assert answer.error.code == "interrupted"
    assert talk.goes_on() == HERE_AGAIN


@pytest.mark.parametrize("ending", ["archive-session", "delete-session"])
def test_a_hanging_call_holds_no_end_up(talk: Talk, ending: str) -> None:
    with_tools(talk)
    talk.answers = [HANGING]
    asked = talk.ask()
    talk.noted("note hang")
    if ending == "archive-session":
        talk.house.get("stop-session", session=talk.session)
    talk.house.get(ending, session=talk.session)
    answer = asked.result(PATIENCE_SECONDS)
    assert answer.error is not None
    assert answer.error.code == "cancelled"
    assert talk.lines().count("note hang") == 1


def test_every_intent_is_journaled_before_the_call(talk: Talk) -> None:
    with_tools(talk)
    talk.answers = [HANGING]
    asked = talk.ask()
    talk.noted("note hang")
    started = [
        one for one in talk.house.journal(talk.session) if isinstance(one, e.ToolCallStarted)
    ]
    assert [one.tool_call_id for one in started] == ["toolu_1"]
    talk.cancel(asked)
