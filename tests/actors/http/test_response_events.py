"""`GET /api/responses/{response_id}/events`: an answer while it grows, for who comes late too."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.fakes.event_streams import client, event_stream
from tests.fakes.greenroom import House, demo_server
from tests.peers.agents import TypedAgent


def asked(running: House, session_id: str, content: str = "hello") -> str:
    found: str = running.get("request", session=session_id, content=content, wait=False)[
        "response_id"
    ]
    return found


def path_of(response_id: str) -> str:
    return f"/api/responses/{response_id}/events"


def text_of(turn: Any) -> str:
    return "".join(part["text"] for part in turn.get("content", ()) if part["type"] == "text")


def test_turns_grow_and_the_end_has_all_of_them(open_greenroom: House) -> None:
    text = "word " * 200
    open_greenroom.converse([{"reply": [{"text": text}], "delay_seconds": 0.2}])
    made = open_greenroom.create(config={})
    response_id = asked(open_greenroom, made["id"])
    with event_stream(open_greenroom, path_of(response_id)) as stream:
        told = stream.until("end")
    turns = [each.content["turn"] for each in told if each.type == "turn"]
    shown = [text_of(turn) for turn in turns]
    assert all(later.startswith(earlier) for earlier, later in pairwise(shown))
    assert (shown[-1], turns[-1]["status"]) == (text, "completed")
    assert told[-1].content == open_greenroom.get("get-response", response_id=response_id)
    assert [each.type for each in told].count("end") == 1


def test_who_comes_late_is_shown_what_is_there_and_the_end(open_greenroom: House) -> None:
    open_greenroom.converse([{"reply": [{"text": "done"}]}])
    made = open_greenroom.create(config={})
    response_id = open_greenroom.get("request", session=made["id"], content="x")["response_id"]
    with event_stream(open_greenroom, path_of(response_id)) as stream:
        told = list(stream)
    assert [each.type for each in told] == ["turn", "end"]
    assert told[0].content["response_id"] == response_id
    with client(open_greenroom) as asking:
        again = asking.get(path_of(response_id), headers={"Last-Event-ID": told[-1].id or ""})
        assert again.status_code == 204
        assert asking.get(path_of("nothing-1")).status_code == 404
        assert asking.get(f"{path_of(response_id)}?x=1").status_code == 400


def test_a_question_is_shown_and_the_call_goes_on_when_it_is_answered(
    open_greenroom: House,
) -> None:
    call = {"tool": "demo.slow", "parameters": {"seconds": 0, "mark": "x"}}
    open_greenroom.converse(
        [{"when": "^go", "reply": [call]}, {"reply": [{"text": "well"}]}],
        **demo_server(auto_approve=False),
    )
    made = open_greenroom.create(config={})
    response_id = asked(open_greenroom, made["id"], "go")
    with event_stream(open_greenroom, path_of(response_id)) as stream:
        waits_for = next(filter(None, (each.content.get("permissions") for each in stream)), None)
        assert waits_for is not None
        (question,) = waits_for
        open_greenroom.get("answer-permission", permission=question["id"], decision="deny")
        last_id = stream.last_id
        told = stream.until("end")
    assert "permissions" not in told[-2].content
    assert told[-1].content["status"] == "completed"
    with event_stream(open_greenroom, path_of(response_id), "1") as stream:
        numbers = [each.content.get("number") for each in stream]
    assert (last_id, numbers) == ("0", [1, None])


def test_a_cancelled_one_ends(open_greenroom: House) -> None:
    open_greenroom.converse([{"reply": [{"text": "never"}], "delay_seconds": 600}])
    made = open_greenroom.create(config={})
    running, waiting = asked(open_greenroom, made["id"]), asked(open_greenroom, made["id"])
    for response_id in (waiting, running):
        with event_stream(open_greenroom, path_of(response_id)) as stream:
            open_greenroom.get("cancel", response_id=response_id)
            assert stream.until("end")[-1].content["status"] == "cancelled"


def test_settings_that_are_not_in_force_are_a_warning(open_greenroom: House) -> None:
    open_greenroom.converse([{"reply": [{"text": "yes"}]}])
    made = open_greenroom.create(config={})
    open_greenroom.get("request", session=made["id"], content="one")
    open_greenroom.data.workspace_file("default").write_text("{broken")
    response_id = open_greenroom.get("request", session=made["id"], content="x")["response_id"]
    with event_stream(open_greenroom, path_of(response_id)) as stream:
        told = list(stream)
    assert "workspace.json" in told[0].content["warnings"][0]
    assert [each.type for each in told] == ["warnings", "turn", "end"]


def test_a_prompt_for_an_agent_ends_with_its_delivery(
    open_greenroom: House, tmp_path: Path
) -> None:
    agent = TypedAgent(tmp_path / "said")
    open_greenroom.write_workspace({"agents": [agent.definition()]})
    made = open_greenroom.create(worker={"type": "agent", "agent": "typed"})
    response_id = asked(open_greenroom, made["id"], "Mend the form")
    with event_stream(open_greenroom, path_of(response_id)) as stream:
        told = stream.until("end")
    assert told[-1].content["delivery"]["state"] == "accepted"
    assert {each.type for each in told[:-1]} == {"delivery"}
    states = [each.content["delivery"]["state"] for each in told]
    assert states[-2:] == ["accepted", "accepted"]
