"""The tool servers of a session: settings that change, its own directory, names, progress."""

import json
import sys
from pathlib import Path
from typing import Any

from storage.records.conversation import TurnGrew
from tests.fakes.actors import eventually
from tests.fakes.greenroom import DEMO_SERVER, PATIENCE_SECONDS, House, demo_server

ASKING = DEMO_SERVER.with_name("mcp_asking.py")
LIAR = DEMO_SERVER.with_name("mcp_liar.py")
SCRIPT: list[dict[str, Any]] = [
    {"when": "^add$", "reply": [{"tool": "demo.add", "parameters": {"a": 20, "b": 22}}]},
    {
        "when": "^count$",
        "reply": [{"tool": "asking.count", "parameters": {"to": 3, "until": "done"}}],
    },
    {"when": "^go$", "reply": [{"tool": "liar.fine", "parameters": {}}]},
    {"when": "^die$", "reply": [{"tool": "demo.die", "parameters": {}}]},
    {"when": "", "reply": [{"text": "The end."}]},
]


def talk(greenroom: House, **settings: Any) -> str:
    greenroom.converse(SCRIPT, **settings)
    session_id: str = greenroom.create(worker={"type": "conversation"})["id"]
    return session_id


def call_of(greenroom: House, session_id: str, content: str) -> tuple[str, str]:
    """Status and result of the tool call that the request led to."""
    answer = greenroom.ask({"type": "request", "session": session_id, "content": content})
    assert answer.ok, answer.error
    (call,) = answer.data["turns"][0].tool_calls
    return call.status, str(call.result.content)


def server(greenroom: House, name: str) -> Any:
    listed = greenroom.get("get-status")["mcp_servers"]
    return next((each for each in listed if each["name"] == name), None)


def bring(greenroom: House, **servers: Any) -> None:
    (greenroom.place / ".mcp.json").write_text(json.dumps({"mcpServers": servers}))


def command(script: Path, *args: str, **fields: Any) -> dict[str, Any]:
    return {"command": sys.executable, "args": [str(script), *args], **fields}


def test_a_shared_server_is_there_for_the_request_after_the_edit(greenroom: House) -> None:
    session_id = talk(greenroom)
    assert "there is no tool demo.add" in call_of(greenroom, session_id, "add")[1]
    greenroom.converse(SCRIPT, **demo_server(scope="workspace"))
    assert call_of(greenroom, session_id, "add") == ("completed", "42")
    shown = server(greenroom, "demo")
    assert (shown["state"], shown["session_id"], shown["workspace"]) == ("running", None, "default")
    greenroom.converse(SCRIPT, **demo_server(disabled=True))
    assert "there is no tool demo.add" in call_of(greenroom, session_id, "add")[1]
    assert server(greenroom, "demo") is None


def test_a_bad_edit_changes_nothing(greenroom: House) -> None:
    session_id = talk(greenroom, **demo_server())
    assert call_of(greenroom, session_id, "add") == ("completed", "42")
    greenroom.data.workspace_file("default").write_text('{"mcp_servers":\n {"demo": {"url": 7}}}')
    assert call_of(greenroom, session_id, "add") == ("completed", "42")
    (workspace,) = greenroom.get("get-status")["workspaces"]
    assert "workspace.json:2: " in workspace["problem"]
    assert "$.mcp_servers" in workspace["problem"]


def test_a_server_that_went_says_why_to_the_model_and_in_status(greenroom: House) -> None:
    session_id = talk(greenroom, **demo_server())
    status, result = call_of(greenroom, session_id, "die")
    assert status == "unknown"  # it went in the middle of the call
    assert "exited with status 7: about to die" in result
    eventually(lambda: server(greenroom, "demo")["state"] == "running", seconds=PATIENCE_SECONDS)
    assert call_of(greenroom, session_id, "add") == ("completed", "42")


def test_progress_is_shown_while_the_call_runs_and_not_after(greenroom: House) -> None:
    asking = command(ASKING, auto_approve=True)
    session_id = talk(greenroom, mcp_servers={"asking": asking})
    seen: list[TurnGrew] = []
    asked = {"type": "request", "session": session_id, "content": "count"}
    future = greenroom.post(asked, follow=seen.append)

    def told() -> str | None:
        rounds = greenroom.get("get-history", session=session_id)["rounds"]
        calls = [call for turn in rounds[0]["turns"] for call in turn.get("tool_calls", ())]
        return calls[0].get("progress") if calls else None

    def followed() -> set[str | None]:
        return {c.progress for grown in list(seen) if grown.turn for c in grown.turn.tool_calls}

    last = "3 of 3: step 3"
    eventually(lambda: told() == last and last in followed(), seconds=PATIENCE_SECONDS)
    (greenroom.place / "done").touch()
    answer = future.result(PATIENCE_SECONDS)
    assert answer.ok, answer.error
    (call,) = answer.data["turns"][0].tool_calls
    assert (call.result.content, call.progress) == ("counted", None)
    assert greenroom.room.around.progress == {}
    assert (
        "step 3"
        not in greenroom.data.session("default", session_id).joinpath("journal.jsonl").read_text()
    )


def test_tools_of_one_server_that_a_model_cannot_tell_apart_are_left_out(
    greenroom: House,
) -> None:
    liar = command(LIAR, "clash", auto_approve=True, protocol="legacy")
    session_id = talk(greenroom, mcp_servers={"liar": liar})
    assert greenroom.ask({"type": "request", "session": session_id, "content": "hello"}).ok
    context = greenroom.get("get-context", session=session_id)
    assert "liar.fine" in context["tools"]
    assert not {"liar.a.b", "liar.a_b"} & set(context["tools"])
    assert server(greenroom, "liar")["left_out"] == [
        "'a.b', 'a_b': one name for a model; have the server rename one"
    ]


def test_tools_of_two_servers_that_a_model_cannot_tell_apart_end_the_request_by_name(
    greenroom: House,
) -> None:
    one, other = (
        command(LIAR, name, auto_approve=True, protocol="legacy") for name in ("", "under")
    )
    session_id = talk(greenroom, mcp_servers={"a__b": one, "a": other})
    answer = greenroom.ask({"type": "request", "session": session_id, "content": "hello"})
    assert answer.error is not None
    assert answer.error.code == "tool-name-clash"
    assert "'a__b.fine' and 'a.b__fine'" in answer.error.message
    assert server(greenroom, "a")["clashes"] == ["a.b__fine"]
    chosen = {"config": {"tools": ["a__b.fine"]}}
    greenroom.get("update-session", session=session_id, updates=chosen)
    assert greenroom.ask({"type": "request", "session": session_id, "content": "hello"}).ok


def test_tools_that_are_left_out_are_told_in_status(greenroom: House) -> None:
    liar = command(LIAR, "schemas", auto_approve=True, protocol="legacy")
    session_id = talk(greenroom, mcp_servers={"liar": liar})
    assert greenroom.ask({"type": "request", "session": session_id, "content": "hello"}).ok
    shown = server(greenroom, "liar")
    assert (shown["session_id"], shown["state"], shown["tools"]) == (session_id, "running", 8)
    assert len(shown["left_out"]) == 4


def test_a_tool_that_its_server_describes_anew_asks_whatever_allows_it(greenroom: House) -> None:
    liar = command(LIAR, "changing", "flood", auto_approve=True, protocol="legacy")
    session_id = talk(greenroom, mcp_servers={"liar": liar})
    assert call_of(greenroom, session_id, "go")[0] == "completed"
    box = greenroom.room.around.session_tools[session_id]
    eventually(lambda: "version 1" not in {tool.description for tool in box.offered()})
    asked = {"type": "request", "session": session_id, "content": "go"}
    future = greenroom.post(asked)
    eventually(lambda: greenroom.record(session_id).permissions, seconds=PATIENCE_SECONDS)
    (waiting,) = greenroom.record(session_id).permissions
    assert "has changed" in (waiting.reason or "")
    greenroom.get("answer-permission", permission=waiting.id, decision="deny")
    (call,) = future.result(PATIENCE_SECONDS).data["turns"][0].tool_calls
    assert call.status == "denied"


def open_asks(greenroom: House) -> list[Any]:
    found: list[Any] = greenroom.get("list-permissions")["permissions"]
    return [each for each in found if each["kind"] == "server"]


def answer_ask(greenroom: House, decision: str) -> None:
    eventually(lambda: len(open_asks(greenroom)) == 1, seconds=PATIENCE_SECONDS)
    (asked,) = open_asks(greenroom)
    greenroom.get("answer-permission", permission=asked["id"], decision=decision)


def test_a_server_of_the_directory_runs_once_it_is_allowed_as_it_is(greenroom: House) -> None:
    session_id = talk(greenroom, permissions={"rules": [{"tool": "demo.*", "decision": "allow"}]})
    bring(greenroom, demo=command(DEMO_SERVER, env={"KEY": "very-secret"}))
    assert "there is no tool demo.add" in call_of(greenroom, session_id, "add")[1]
    eventually(lambda: open_asks(greenroom), seconds=PATIENCE_SECONDS)
    (asked,) = open_asks(greenroom)
    assert (asked["tool"], asked["session_id"]) == ("demo", session_id)
    assert asked["arguments"]["args"] == [str(DEMO_SERVER)]
    assert asked["arguments"]["env"] == ["KEY"]
    assert "very-secret" not in json.dumps(asked)
    assert "waits for permission" in server(greenroom, "demo")["problem"]
    call_of(greenroom, session_id, "add")
    assert len(open_asks(greenroom)) == 1
    answer_ask(greenroom, "allow")
    assert call_of(greenroom, session_id, "add") == ("completed", "42")
    journal = greenroom.data.session("default", session_id).joinpath("journal.jsonl").read_text()
    assert "very-secret" not in journal

    bring(greenroom, demo=command(DEMO_SERVER, env={"KEY": "another-secret"}))
    assert "there is no tool demo.add" in call_of(greenroom, session_id, "add")[1]
    answer_ask(greenroom, "deny")
    assert "there is no tool demo.add" in call_of(greenroom, session_id, "add")[1]
    assert open_asks(greenroom) == []
    assert "denied" in server(greenroom, "demo")["problem"]
    (greenroom.place / ".mcp.json").unlink()
    call_of(greenroom, session_id, "add")
    assert server(greenroom, "demo") is None


def test_what_was_allowed_runs_after_a_restart_too(greenroom: House) -> None:
    session_id = talk(greenroom, permissions={"rules": [{"tool": "demo.*", "decision": "allow"}]})
    bring(greenroom, demo=command(DEMO_SERVER))
    call_of(greenroom, session_id, "add")
    answer_ask(greenroom, "allow")
    greenroom.again()
    assert call_of(greenroom, session_id, "add") == ("completed", "42")


def test_servers_of_a_session_that_was_stopped_are_not_shown(greenroom: House) -> None:
    session_id = talk(greenroom, **demo_server())
    call_of(greenroom, session_id, "add")
    assert server(greenroom, "demo")["state"] == "running"
    greenroom.again()
    assert server(greenroom, "demo") is None


def test_the_servers_of_a_session_end_when_it_is_stopped_and_come_back_with_it(
    greenroom: House,
) -> None:
    session_id = talk(greenroom, **demo_server())
    assert call_of(greenroom, session_id, "add") == ("completed", "42")
    greenroom.post({"type": "stop-session", "session": session_id})
    eventually(lambda: server(greenroom, "demo") is None, seconds=PATIENCE_SECONDS)
    greenroom.post({"type": "start-session", "session": session_id})
    assert call_of(greenroom, session_id, "add") == ("completed", "42")
    greenroom.post({"type": "archive-session", "session": session_id})
    eventually(lambda: server(greenroom, "demo") is None, seconds=PATIENCE_SECONDS)


def test_what_is_taken_out_goes_without_another_request(greenroom: House) -> None:
    session_id = talk(greenroom, mcp_servers={"broken": {"command": "/no/such/program"}})
    bring(greenroom, demo=command(DEMO_SERVER))
    assert greenroom.ask({"type": "request", "session": session_id, "content": "hello"}).ok
    eventually(lambda: open_asks(greenroom), seconds=PATIENCE_SECONDS)
    assert server(greenroom, "broken")["problem"]
    greenroom.converse(SCRIPT)
    (greenroom.place / ".mcp.json").unlink()
    eventually(lambda: greenroom.get("get-status")["mcp_servers"] == [], seconds=PATIENCE_SECONDS)
    eventually(lambda: open_asks(greenroom) == [], seconds=PATIENCE_SECONDS)


def test_a_bad_file_and_a_taken_name_are_told_and_stop_nothing(greenroom: House) -> None:
    session_id = talk(greenroom, **demo_server())
    (greenroom.place / ".mcp.json").write_text("{")
    assert call_of(greenroom, session_id, "add") == ("completed", "42")
    assert "line 1" in server(greenroom, ".mcp.json")["problem"]
    bring(greenroom, demo=command(LIAR), other={"command": "x", "env": {"A": "${HOME}"}})
    assert call_of(greenroom, session_id, "add") == ("completed", "42")
    problems = {
        each["name"]: each["problem"] for each in greenroom.get("get-status")["mcp_servers"]
    }
    assert "not filled in" in problems["other"]
    assert ".mcp.json" not in problems
    assert open_asks(greenroom) == []
