"""What the model would be sent now: it is what it is sent then, or a reason why it is not."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.greenroom import House, demo_server
from tests.fakes.talk import KEY
from tests.peers.messages_server import MessagesServer, said
from tests.peers.narrow_model import NarrowModel


@pytest.fixture
def model() -> NarrowModel:
    return NarrowModel(window=1_000_000)


@pytest.fixture
def server(model: NarrowModel) -> Iterator[MessagesServer]:
    with model.server() as running:
        yield running


def settle(greenroom: House, server: MessagesServer, **settings: Any) -> None:
    greenroom.environ.update(KEY)
    greenroom.write_workspace(
        {
            "models": {"providers": {"anthropic": {"base_url": server.url, **settings}}},
            "prompt": {"include_date_time": False},
            "files": [{"name": "notes", "content": "Mind the gap."}],
            **demo_server(),
        }
    )
    greenroom.again()


def shown(greenroom: House, session_id: str) -> Any:
    return greenroom.get("get-context", session=session_id)


def texts(messages: list[Any]) -> list[str]:
    return [block["text"] for message in messages for block in message["content"]]


@pytest.mark.parametrize("mode", ["native", "text"])
def test_it_is_what_is_sent_then(
    greenroom: House, model: NarrowModel, server: MessagesServer, mode: str
) -> None:
    settle(greenroom, server, tool_mode=mode)
    session_id = greenroom.create(config={"system_prompt": "Be brief."})["id"]
    greenroom.get("request", session=session_id, content="first")
    context = shown(greenroom, session_id)
    assert context == shown(greenroom, session_id)
    greenroom.get("request", session=session_id, content="second")
    sent = model.asked[-1]
    assert "".join(part["text"] for part in sent["system"]) == context["system_prompt"]
    assert said(sent) == [*texts(context["history"]), "second"]
    assert ("demo.add" in context["system_prompt"]) == (mode == "text")
    assert "demo.add" in context["tools"]
    assert context["files"] == [{"name": "notes", "content": "Mind the gap."}]


def test_it_records_and_sends_nothing(
    greenroom: House, model: NarrowModel, server: MessagesServer
) -> None:
    settle(greenroom, server)
    session_id = greenroom.create(config={})["id"]
    before = greenroom.journal(session_id)
    shown(greenroom, session_id)
    assert greenroom.journal(session_id) == before
    assert model.asked == []


def test_where_nobody_would_answer_it_says_why(greenroom: House) -> None:
    shell = greenroom.shell()[0]
    assert greenroom.refused("get-context", session=shell) == "no-conversation"
    session_id = greenroom.create(config={})["id"]
    greenroom.get("stop-session", session=session_id)
    assert greenroom.refused("get-context", session=session_id) == "session-stopped"
    assert greenroom.refused("get-context", session="nobody") == "session-not-found"


def test_a_conversation_that_is_started_anew_meanwhile_says_so(greenroom: House) -> None:
    silent = {"command": "sleep", "args": ["60"]}
    greenroom.write_workspace({"mcp_servers": {"silent": silent}})
    made = greenroom.create(worker={"type": "conversation", "name": "talk"})
    asked = greenroom.post({"type": "get-context", "session": made["id"]})
    greenroom.get("restart-worker", session=made["id"], worker="talk")
    answer = asked.result(30)
    assert answer.error is not None
    assert answer.error.code == "interrupted"
