"""Long conversations with a model whose window is small, over real HTTP."""

from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest

from actors.workers.turn_context import MOST_USELESS
from storage.records import event as e
from storage.records.config import ContextStrategy
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House
from tests.fakes.talk import KEY
from tests.peers.messages_rules import blocks, broken_rule
from tests.peers.messages_server import MessagesServer
from tests.peers.narrow_model import NarrowModel

ROUNDS = 24
"""Several times as many as fit."""


@pytest.fixture
def model() -> NarrowModel:
    return NarrowModel()


@pytest.fixture
def server(model: NarrowModel) -> Iterator[MessagesServer]:
    with model.server() as running:
        yield running


def talk(greenroom: House, server: MessagesServer, **config: Any) -> str:
    greenroom.environ.update(KEY)
    models = {"providers": {"anthropic": {"base_url": server.url}}}
    greenroom.write_workspace({"models": models})
    greenroom.again()
    worker = {"type": "conversation"}
    return str(greenroom.create(worker=worker, config={"max_tokens": 200, **config})["id"])


def ask(greenroom: House, session_id: str, text: str) -> Any:
    return greenroom.get("request", session=session_id, content=text)


def speak(
    greenroom: House,
    session_id: str,
    rounds: int = ROUNDS,
    until: Callable[[], object] = lambda: False,
) -> None:
    """Question after question, until it has come to that or all are asked."""
    for number in range(rounds):
        if not until():
            ask(greenroom, session_id, f"question {number}: {'and then? ' * 30}")


def texts(body: dict[str, Any]) -> str:
    said = [block for message in body["messages"] for block in blocks(message)]
    return "\n".join(block["text"] for block in said if block["type"] == "text")


@pytest.mark.parametrize("strategy", [None, *get_args(ContextStrategy)])
def test_a_conversation_goes_on_beyond_the_window(
    greenroom: House, model: NarrowModel, server: MessagesServer, strategy: str | None
) -> None:
    config = {"context_strategy": strategy} if strategy else {}
    session_id = talk(greenroom, server, **config)
    speak(greenroom, session_id)
    assert model.refused == 0
    assert [broken_rule(body) for body in model.asked] == [None] * ROUNDS
    assert all("question 0:" in texts(body) for body in model.asked)
    assert all(f"question {at}:" in texts(body) for at, body in enumerate(model.asked))
    assert "question 5:" not in texts(model.asked[-1])
    assert len(greenroom.get("get-history", session=session_id)["rounds"]) == ROUNDS


def test_a_summary_is_made_once_recorded_and_used_again(
    greenroom: House, model: NarrowModel, server: MessagesServer
) -> None:
    session_id = talk(greenroom, server, context_strategy="summarize")
    speak(greenroom, session_id, until=lambda: model.summaries)
    assert len(model.asked) > 5
    assert "question 1:" in texts(model.summaries[0])
    events = greenroom.journal(session_id)
    (made,) = [event for event in events if isinstance(event, e.HistorySummarized)]
    messages = greenroom.get("get-messages", session=session_id)["messages"]
    (summary,) = [message for message in messages if message["role"] == "summary"]
    assert summary["id"] == made.message_id
    assert summary["metadata"]["is_summary"] is True
    named = set(summary["metadata"]["summarized_messages"])
    assert len(named) > 5
    assert named < {message["id"] for message in messages}
    greenroom.again()
    for _ in range(2):
        ask(greenroom, session_id, "and now?")
        assert "summary number 1" in texts(model.asked[-1])
    assert len(model.summaries) == 1
    took = greenroom.record(session_id).metrics.prompt_tokens
    rounds = greenroom.get("get-history", session=session_id)["rounds"]
    turns = [turn for one in rounds for turn in one["turns"]]
    calls = [turn["usage"] for turn in turns] + [
        one["usage"] for turn in turns for one in turn.get("summaries", [])
    ]
    assert len(calls) == len(model.asked) + 1
    assert took == sum(usage["prompt_tokens"] for usage in calls)


def test_a_later_summary_stands_for_the_first_one_too(
    greenroom: House, model: NarrowModel, server: MessagesServer
) -> None:
    session_id = talk(greenroom, server, context_strategy="summarize")
    speak(greenroom, session_id, 2 * ROUNDS, until=lambda: len(model.summaries) == 2)
    assert "summary number 1" in texts(model.summaries[1])
    assert "question 1:" not in texts(model.summaries[1])
    last = texts(model.asked[-1])
    assert "summary number 2" in last
    assert "summary number 1" not in last


def test_without_a_summary_the_oldest_rounds_are_left_out(
    greenroom: House, model: NarrowModel, server: MessagesServer
) -> None:
    model.no_summaries = True
    session_id = talk(greenroom, server, context_strategy="summarize")
    speak(greenroom, session_id)
    assert model.refused == 0
    events = greenroom.journal(session_id)
    failed = [event for event in events if isinstance(event, e.ContextPartFailed)]
    assert failed[0].part == "summary"
    rounds = greenroom.get("get-history", session=session_id)["rounds"]
    assert "older messages are left out" in rounds[-1]["turns"][0]["left_out"][0]
    model.no_summaries = False
    ask(greenroom, session_id, "and now?")
    assert model.summaries


def test_a_summary_of_no_use_is_paid_for_twice_and_no_more(
    greenroom: House, model: NarrowModel, server: MessagesServer
) -> None:
    model.long_summaries = True
    budget = {"tokens": 1_000_000}
    session_id = talk(greenroom, server, context_strategy="summarize", budget=budget)
    speak(greenroom, session_id)
    greenroom.again()
    assert ask(greenroom, session_id, "and now?")["status"] == "completed"
    assert len(model.summaries) == MOST_USELESS
    rounds = greenroom.get("get-history", session=session_id)["rounds"]
    turns = [turn for one in rounds for turn in one["turns"]]
    failed = [made for turn in turns for made in turn.get("summaries", ())]
    assert [made.get("message") for made in failed] == [None, None]
    assert all(made["cost"] for made in failed)
    assert "older messages are left out" in turns[-1]["left_out"][0]
    assert "set config.model or" in turns[-1]["left_out"][0]
    took = sum(
        sum(made["usage"][kind] for kind in ("prompt_tokens", "completion_tokens"))
        for made in (*turns, *failed)
    )
    assert greenroom.record(session_id).metrics.total_tokens == took
    spent = greenroom.get("get-budget", session=session_id)["spent"]
    assert spent["tokens"] == took
    changes = {"config": {"model": "claude-opus-4-5"}}
    greenroom.get("update-session", session=session_id, updates=changes)
    model.models["claude-opus-4-5"] = model.models["claude-sonnet-5-5"]
    ask(greenroom, session_id, "and now?")
    assert len(model.summaries) == MOST_USELESS + 1


def test_a_message_that_is_too_long_is_told_so_and_the_next_one_is_answered(
    greenroom: House, model: NarrowModel, server: MessagesServer
) -> None:
    session_id = talk(greenroom, server)
    speak(greenroom, session_id, 4)
    asked = {"session": session_id, "content": "too long " * 3000}
    assert greenroom.refused("request", **asked) == "context-limit"
    assert ask(greenroom, session_id, "hello again")["status"] == "completed"
    sent = texts(model.asked[-1])
    assert [f"question {number}:" in sent for number in range(4)] == [True] * 4
    assert "too long" not in sent


def test_an_answer_as_long_as_the_window_leaves_no_room(
    greenroom: House, model: NarrowModel, server: MessagesServer
) -> None:
    model.models["claude-sonnet-5-5"]["max_tokens"] = 3000
    session_id = talk(greenroom, server, max_tokens=2990)
    answer = greenroom.ask({"type": "request", "session": session_id, "content": "hello"})
    assert answer.error is not None
    assert answer.error.code == "context-limit"
    assert "lower config.max_tokens" in answer.error.message


def test_a_summary_is_paid_from_the_budget(
    greenroom: House, model: NarrowModel, server: MessagesServer
) -> None:
    budget = {"tokens": 1_000_000}
    session_id = talk(greenroom, server, context_strategy="summarize", budget=budget)
    speak(greenroom, session_id, until=lambda: model.summaries)
    spent = greenroom.get("get-budget", session=session_id)
    assert spent["spent"]["tokens"] == greenroom.record(session_id).metrics.total_tokens
    assert spent["reserved"]["tokens"] == 0


def test_a_cancel_ends_a_summary_that_is_being_made(
    greenroom: House, model: NarrowModel, server: MessagesServer
) -> None:
    model.pause_seconds = 60
    session_id = talk(greenroom, server, context_strategy="summarize")
    answers: list[Any] = []
    for number in range(ROUNDS):
        content = f"question {number}: {'and then? ' * 30}"
        asked = greenroom.post({"type": "request", "session": session_id, "content": content})
        eventually(lambda: asked.done() or model.summaries, seconds=PATIENCE_SECONDS)  # noqa: B023 - called at once
        if model.summaries:
            response_id = greenroom.get("get-history", session=session_id)["rounds"][-1]["id"]
            assert greenroom.get("cancel", response_id=response_id)["status"] == "cancelled"
            answers.append(asked.result(PATIENCE_SECONDS))
            break
    assert [answer.error.code for answer in answers] == ["cancelled"]
    roles = [one["role"] for one in greenroom.get("get-messages", session=session_id)["messages"]]
    assert "summary" not in roles
    model.pause_seconds = 0
    assert ask(greenroom, session_id, "and now?")["status"] == "completed"
    assert len(model.summaries) == 2


def test_what_would_be_sent_is_shown_as_it_fits(
    greenroom: House, model: NarrowModel, server: MessagesServer
) -> None:
    session_id = talk(greenroom, server, context_strategy="summarize")
    speak(greenroom, session_id, until=lambda: model.summaries)
    history = greenroom.get("get-context", session=session_id)["history"]
    assert [message["role"] for message in history][:2] == ["user", "summary"]
    assert len(history) < len(greenroom.get("get-messages", session=session_id)["messages"])
