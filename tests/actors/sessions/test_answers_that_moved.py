"""An answer holds in the greenroom where it was given: what comes from elsewhere asks anew."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage import exported
from storage.records import event as e
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House, demo_server, house
from tests.storage.exports import AT

SCRIPT = [
    {"when": "^go$", "reply": [{"tool": "demo.add", "parameters": {"a": 20, "b": 22}}]},
    {"when": "", "reply": [{"text": "The end."}]},
]
SERVERS: dict[str, Any] = demo_server()["mcp_servers"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[House]:
    home = tmp_path / "elsewhere"
    home.mkdir()
    with house(home) as running:
        running.converse(SCRIPT)
        yield running


def asked(running: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = running.get("list-permissions")["permissions"]
    return found


def say(running: House, session_id: str, content: str) -> None:
    asking = {"type": "request", "session": session_id, "content": content, "wait": False}
    assert running.ask(asking).ok


def rounds(running: House, session_id: str) -> list[Any]:
    found: list[Any] = running.get("get-history", session=session_id)["rounds"]
    return found


def allowed(running: House, session_id: str, content: str) -> str:
    """What was asked about it, and allowed for good."""
    say(running, session_id, content)
    eventually(lambda: asked(running), seconds=PATIENCE_SECONDS)
    (question,) = asked(running)
    answer = {"permission": question["id"], "decision": "allow", "remember": True}
    running.get("answer-permission", **answer)
    eventually(
        lambda: rounds(running, session_id)[-1]["status"] == "completed",
        seconds=PATIENCE_SECONDS,
    )
    return f"{question['kind']} {question['tool']}"


def talk(running: House) -> str:
    """A session in which a server of its directory and one call of it were allowed for good."""
    running.converse(SCRIPT)
    servers = {name: {k: one[k] for k in ("command", "args")} for name, one in SERVERS.items()}
    (running.place / ".mcp.json").write_text(json.dumps({"mcpServers": servers}))
    session_id: str = running.create(title="Talk", worker={"type": "conversation"})["id"]
    assert allowed(running, session_id, "hello") == "server demo"
    assert allowed(running, session_id, "go") == "call demo.add"
    return session_id


def moved(running: House, there: House, session_id: str, target: Path) -> None:
    source = running.data.session("default", session_id)
    exported.export(source, target, named_elsewhere=0, version="0", at=AT)
    there.get("import-session", path=str(target))
    there.get("start-session", session=session_id)


def calls(running: House, session_id: str) -> int:
    return sum(isinstance(event, e.ToolCallStarted) for event in running.journal(session_id))


def test_neither_a_server_nor_a_call_is_allowed_by_what_was_said_elsewhere(
    greenroom: House, elsewhere: House, tmp_path: Path
) -> None:
    session_id = talk(greenroom)
    moved(greenroom, elsewhere, session_id, tmp_path / "talk.tar.gz")
    assert allowed(elsewhere, session_id, "go") == "server demo"
    assert calls(elsewhere, session_id) == 1  # the one of before
    assert allowed(elsewhere, session_id, "go") == "call demo.add"
    assert calls(elsewhere, session_id) == 2
    say(elsewhere, session_id, "go")  # what was said here holds here
    eventually(lambda: calls(elsewhere, session_id) == 3, seconds=PATIENCE_SECONDS)
    assert asked(elsewhere) == []


def test_what_was_allowed_holds_after_the_trash_and_no_further(
    greenroom: House, elsewhere: House, tmp_path: Path
) -> None:
    session_id = talk(greenroom)
    greenroom.get("delete-session", session=session_id)
    greenroom.get("restore-session", session=session_id)
    moved(greenroom, elsewhere, session_id, tmp_path / "talk.tar.gz")  # its last word: restored
    assert allowed(elsewhere, session_id, "go") == "server demo"
    greenroom.get("start-session", session=session_id)
    say(greenroom, session_id, "go")
    eventually(lambda: calls(greenroom, session_id) == 2, seconds=PATIENCE_SECONDS)
    assert asked(greenroom) == []
