"""What is too large for the journal, from the tool or the user to the disk and to the model."""

from pathlib import Path
from typing import Any

import pytest

from actors.adapters.scripted_model import ScriptedModel
from actors.ports import ModelRequest
from storage.attachments import LIMIT_BYTES, NAME, named_by
from storage.records.event import MessageAdded
from storage.records.message import ChatMessage, ImageContent, TextContent, ToolResultContent
from tests.fakes.greenroom import House, demo_server

BIG = 2 * LIMIT_BYTES
URL = "data:image/png;base64," + "A" * BIG
SCRIPT: list[dict[str, Any]] = [
    {"when": "fetch", "reply": [{"tool": "demo.big", "parameters": {"size": BIG}}]},
    {"when": "left out here", "reply": [{"text": "That is long."}]},
    {"when": "look", "reply": [{"text": "A chart."}]},
]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[ModelRequest]:
    """What the model is sent, call by call."""
    seen: list[ModelRequest] = []
    real = ScriptedModel.stream

    def stream(self: ScriptedModel, request: ModelRequest) -> Any:
        seen.append(request)
        return real(self, request)

    monkeypatch.setattr(ScriptedModel, "stream", stream)
    return seen


def talk(greenroom: House, **settings: Any) -> str:
    greenroom.converse(SCRIPT, **settings)
    session_id: str = greenroom.create(worker={"type": "conversation"})["id"]
    return session_id


def images(message: ChatMessage) -> list[str]:
    return [block.url for block in message.content if isinstance(block, ImageContent)]


def beside(greenroom: House, session_id: str) -> list[Path]:
    folder = greenroom.data.session("default", session_id) / NAME
    return sorted(folder.iterdir())


def test_a_large_result_lies_beside_the_journal_and_its_head_goes_to_the_model(
    greenroom: House, sent: list[ModelRequest]
) -> None:
    session_id = talk(greenroom, **demo_server())
    answer = greenroom.ask({"type": "request", "session": session_id, "content": "fetch"})
    assert answer.ok, answer.error
    assert answer.data["text"].endswith("That is long.")
    (path,) = beside(greenroom, session_id)
    assert path.stat().st_size == BIG
    assert named_by(greenroom.journal(session_id)) == {path.name}
    (told,) = sent[-1].history[-1].content
    assert isinstance(told, ToolResultContent)
    assert told.attachment == path.name
    assert told.content.endswith(f"the whole lies in attachments/{path.name}]")
    greenroom.again()
    found = greenroom.get("get-messages", session=session_id)["messages"][-2]["content"][0]
    assert found["attachment"] == path.name


def test_a_large_image_is_sent_as_it_came_also_after_a_restart_and_said_when_gone(
    greenroom: House, sent: list[ModelRequest]
) -> None:
    session_id = talk(greenroom)
    asked = [{"type": "text", "text": "look"}, {"type": "image", "url": URL}]
    request = {"type": "request", "session": session_id, "content": asked}
    assert greenroom.ask(request).data["text"] == "A chart."
    greenroom.again()
    (path,) = beside(greenroom, session_id)
    first = next(e for e in greenroom.journal(session_id) if isinstance(e, MessageAdded))
    assert images(first.message) == [f"attachment:{path.name}"]
    assert greenroom.ask({**request, "content": "look again"}).ok
    assert [images(each.history[0]) for each in sent] == [[URL], [URL]]
    path.unlink()
    assert greenroom.ask({**request, "content": "look once more"}).ok
    assert images(sent[-1].history[0]) == []
    assert TextContent(f"[image left out: attachments/{path.name} is missing]") in (
        sent[-1].history[0].content
    )
