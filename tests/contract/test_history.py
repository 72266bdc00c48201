"""One history: what a model was asked and said, and what was put there by hand, in one view."""

import json
from pathlib import Path
from typing import Any

import pytest

from actors import library
from tests.contract.ways import opened, running_daemon
from tests.fakes.greenroom import demo_server

SCRIPT = [
    {
        "when": r"add (\d+) and (\d+)",
        "reply": [{"tool": "demo.add", "parameters": {"a": "{{1}}", "b": "{{2}}"}}],
    },
    {"when": r"^(\d+)$", "reply": [{"text": "It is {{1}}."}]},
]

ROLES = ["system", "user", "user", "assistant", "tool", "assistant", "user"]


def with_a_model(data: Path) -> None:
    """Let a script be the model of a data directory's workspace."""
    place = data / "workspaces" / "default"
    place.mkdir(parents=True, exist_ok=True)
    place.joinpath("script.jsonl").write_text("".join(json.dumps(line) + "\n" for line in SCRIPT))
    models = {"active": "scripted", "providers": {"scripted": {"script": "script.jsonl"}}}
    place.joinpath("workspace.json").write_text(json.dumps({"models": models, **demo_server()}))


@pytest.mark.parametrize("way", ["daemon", "tree"])
def test_rounds_and_messages_added_by_hand_are_one_flat_history(way: str, tmp_path: Path) -> None:
    if way == "tree":
        with_a_model(tmp_path / "data")
        with opened(way, tmp_path / "data") as greenroom:
            assert converse(greenroom, tmp_path) == ROLES
        return
    with running_daemon(tmp_path) as data:
        with_a_model(data)
        with opened(way, data) as greenroom:
            assert converse(greenroom, tmp_path) == ROLES


def converse(greenroom: library.Greenroom, place: Path) -> list[str]:
    """The roles of all messages, in order."""

    def done(kind: str, **fields: Any) -> Any:
        answer = greenroom.dispatch({"type": kind, **fields}, 60)
        assert answer.ok, answer
        return answer.data

    config = {"system_prompt": "be brief"}
    session = done("create-session", location_path=str(place), config=config)["id"]

    def add(text: str) -> Any:
        return done("add-message", session=session, message={"role": "user", "content": text})

    add("before")
    answered = done("request", session=session, content="add 20 and 22")
    assert answered["text"].endswith("It is 42.")
    last = add("after")
    messages = done("get-messages", session=session)["messages"]
    call, result = messages[3]["tool_calls"][0], messages[4]
    assert result["tool_call_id"] == call["tool_call_id"]
    assert [block["content"] for block in result["content"]] == ["42"]
    assert last["message_count"] == len(messages)
    (round_,) = done("get-history", session=session)["rounds"]
    assert round_["id"] == answered["response_id"]
    assert round_["request"]["id"] == messages[2]["id"]
    assert len(round_["turns"]) == 2
    return [message["role"] for message in messages]
