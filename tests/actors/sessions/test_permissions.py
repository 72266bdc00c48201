"""Permission requests in a running tree: real MCP servers, the time as the test says."""

import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from actors.decisions import permission_answers
from actors.sessions.idleness import IDLE_SECONDS
from actors.supervision import tell
from actors.workers.conversation_actor import CHANGED_TOOL
from storage.records import event as e
from storage.records.conversation import TurnGrew
from storage.records.request import Answer
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import PATIENCE_SECONDS, House, demo_server, house, pass_time

SCRIPT = [
    {"when": r"add", "reply": [{"tool": "demo.add", "parameters": {"a": 2, "b": 3}}]},
    {"when": r"^(\d+)$", "reply": [{"text": "It is {{1}}."}]},
    {"when": "denied", "reply": [{"text": "Then not."}]},
]
ASKS = demo_server(auto_approve=False)
DEADLINE = 300.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def asking(tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    with house(tmp_path, clock=clock) as running:
        running.converse(SCRIPT, **ASKS)
        yield running


def begin(greenroom: House, **fields: Any) -> tuple[str, "Future[Answer]"]:
    """A session whose call waits for an answer, and the answer that its request will have."""
    session_id: str = greenroom.create(worker={"type": "conversation"}, **fields)["id"]
    said = greenroom.post({"type": "request", "session": session_id, "content": "add"})
    eventually(lambda: asked(greenroom, session=session_id), seconds=PATIENCE_SECONDS)
    return session_id, said


def asked(greenroom: House, **fields: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = greenroom.get("list-permissions", **fields)["permissions"]
    return found


def text_of(said: "Future[Answer]") -> str:
    answer = said.result(PATIENCE_SECONDS)
    assert answer.ok, answer.error
    return str(answer.data["text"])


def started(greenroom: House, session_id: str) -> int:
    return sum(isinstance(each, e.ToolCallStarted) for each in greenroom.journal(session_id))


def test_a_call_runs_when_it_is_allowed_and_not_before(asking: House) -> None:
    session_id, said = begin(asking)
    (question,) = asked(asking)
    assert (question["tool"], question["arguments"]) == ("demo.add", {"a": 2, "b": 3})
    assert (question["title"], question["shown_in"]) == ("place", [session_id])
    assert started(asking, session_id) == 0
    told = asking.get("answer-permission", permission=question["id"], decision="allow")
    assert (told["state"], told["answered_by"]) == ("allowed", "program")
    assert text_of(said) == "It is 5."
    assert asked(asking) == []
    (answered,) = [x for x in asking.journal(session_id) if isinstance(x, e.PermissionAnswered)]
    assert (answered.state, answered.answered_by) == ("allowed", "program")


def test_a_late_answer_and_one_to_nothing_are_refused(asking: House) -> None:
    _, said = begin(asking)
    (question,) = asked(asking)
    asking.get("answer-permission", permission=question["id"], decision="deny")
    assert text_of(said) == "Then not."
    for permission, code in (
        (question["id"], "permission-answered"),
        (f"other-{question['session_id']}", "permission-not-found"),
        ("nothing-at-all", "permission-not-found"),
    ):
        again = asking.refused("answer-permission", permission=permission, decision="allow")
        assert again == code


def test_an_answer_by_a_short_id_is_told_what_became_of_it_and_answers_nothing_open(
    asking: House,
) -> None:
    session_id, said = begin(asking)
    (question,) = asked(asking)
    short = question["id"].partition("-")[0]

    def late() -> str:
        return asking.refused("answer-permission", permission=short, decision="allow")

    assert late() == "permission-not-found"
    asking.get("answer-permission", permission=question["id"], decision="deny")
    assert text_of(said) == "Then not."
    assert late() == "permission-answered"
    assert started(asking, session_id) == 0


def test_silence_means_no_exactly_at_the_deadline(asking: House, clock: FakeClock) -> None:
    session_id, said = begin(asking)
    clock.advance(DEADLINE - 1)
    (question,) = asked(asking)
    assert question["seconds_left"] == 1.0
    clock.advance(1)
    assert text_of(said) == "Then not."
    messages = asking.get("get-messages", session=session_id)["messages"]
    assert messages[2]["content"][0]["content"] == permission_answers.EXPIRED
    assert started(asking, session_id) == 0


def test_the_deadline_is_the_workspaces(asking: House, clock: FakeClock) -> None:
    asking.converse(SCRIPT, **ASKS, permissions={"deadline_seconds": 7.5})
    _, said = begin(asking)
    assert asked(asking)[0]["seconds_left"] == 7.5
    clock.advance(7.5)
    assert text_of(said) == "Then not."


def test_the_time_stands_still_while_nobody_could_answer(asking: House, clock: FakeClock) -> None:
    session_id, _ = begin(asking)
    clock.advance(100)
    asking.stop()
    clock.advance(10_000)
    asking.start()
    (question,) = asked(asking)
    assert question["seconds_left"] == DEADLINE - 100
    assert asking.record(session_id).permissions[0].seconds_left == DEADLINE - 100
    eventually(lambda: session_id in asking.awake(), seconds=PATIENCE_SECONDS)
    asking.get("answer-permission", permission=question["id"], decision="allow")
    said = asking.post({"type": "request", "session": session_id, "content": "9"})
    assert text_of(said) == "It is 9."
    assert started(asking, session_id) == 1


def test_a_question_outlives_its_sessions_actor(asking: House, clock: FakeClock) -> None:
    session_id, _ = begin(asking)
    question = asked(asking)[0]
    clock.advance(100)
    tell(asking.ref(session_id), object())  # which no session knows what to do with

    def is_back() -> bool:
        pass_time(clock, 2.0)
        node = asking.node("sessions", session_id)
        return node is not None and node.state == "running" and node.restarts == 1

    eventually(is_back, seconds=PATIENCE_SECONDS)
    (again,) = asked(asking)
    assert again["id"] == question["id"]
    assert 0 < again["seconds_left"] <= DEADLINE - 100
    asking.get("answer-permission", permission=question["id"], decision="allow")
    eventually(lambda: started(asking, session_id) == 1, seconds=PATIENCE_SECONDS)


def test_an_open_question_keeps_its_session_awake(asking: House, clock: FakeClock) -> None:
    session_id, _ = begin(asking)
    clock.advance(2 * IDLE_SECONDS)
    clock.advance(2 * IDLE_SECONDS)
    assert session_id in asking.awake()
    assert len(asked(asking)) == 1


def test_a_conversation_that_waits_for_an_answer_is_asking(asking: House) -> None:
    session_id, said = begin(asking)
    activity = asking.get("list-sessions")["sessions"][0]["activity"]
    assert (activity["state"], activity["text"]) == ("asking", "may demo.add run?")
    question = asked(asking)[0]
    status = asking.get("get-status")
    assert status["permissions"] == [question]
    asking.get("answer-permission", permission=question["id"], decision="deny")
    text_of(said)
    worker = asking.record(session_id).workers[0].id
    assert asking.get("get-activity", session=session_id, worker=worker)["state"] == "idle"


def test_whoever_follows_a_request_sees_what_it_waits_for(asking: House) -> None:
    session_id: str = asking.create(worker={"type": "conversation"})["id"]
    seen: list[TurnGrew] = []
    request = {"type": "request", "session": session_id, "content": "add"}
    said = asking.post(request, follow=seen.append)
    eventually(lambda: any(each.permissions for each in seen), seconds=PATIENCE_SECONDS)
    question = asked(asking)[0]
    assert [p.id for p in seen[-1].permissions] == [question["id"]]
    asking.get("answer-permission", permission=question["id"], decision="allow")
    assert text_of(said) == "It is 5."
    assert seen[-1].permissions == ()


def test_what_a_child_asks_is_shown_at_its_parent(asking: House) -> None:
    parent = asking.create(worker={"type": "conversation"}, title="Parent")["id"]
    session_id, said = begin(asking, parent="Parent", title="Child")
    stranger = asking.create(worker={"type": "conversation"}, title="Stranger")["id"]
    assert asking.record(session_id).parent_session_id == parent
    (question,) = asked(asking, session="Parent")
    assert (question["session_id"], question["title"]) == (session_id, "Child")
    assert question["shown_in"] == [session_id, parent]
    assert asked(asking, session=stranger) == []
    assert asking.refused("list-permissions", session="nobody") == "session-not-found"
    asking.get("answer-permission", permission=question["id"], decision="allow")
    assert text_of(said) == "It is 5."


def test_a_session_between_that_is_deleted_hides_nothing_from_the_one_above(asking: House) -> None:
    root = asking.create(title="Root")["id"]
    middle = asking.create(title="Middle", parent="Root")["id"]
    session_id, _ = begin(asking, parent="Middle")
    assert asking.record(session_id).ancestors == (middle, root)
    asking.get("delete-session", session=middle)
    asking.get("purge-session", all=True)
    asking.again()
    (question,) = asked(asking, session=root)
    assert question["shown_in"] == [session_id, root]


def test_a_parent_that_is_not_there_is_refused_and_nothing_is_created(asking: House) -> None:
    answer = asking.ask(
        {"type": "create-session", "location_path": str(asking.place), "parent": "nobody"}
    )
    assert answer.error is not None
    assert (answer.error.code, answer.error.path) == ("session-not-found", "$.parent")
    assert asking.get("list-sessions") == {"sessions": []}


def test_a_child_may_be_asked_for_while_its_parent_is_just_coming_to_be(asking: House) -> None:
    create = {"type": "create-session", "location_path": str(asking.place)}
    first = asking.post({**create, "title": "Parent"})
    second = asking.post({**create, "title": "Child", "parent": "Parent"})
    parent, child = (each.result(PATIENCE_SECONDS) for each in (first, second))
    assert child.ok, child.error
    assert child.data.parent_session_id == parent.data.id


def test_an_answer_that_nobody_saw_is_told_again(asking: House) -> None:
    _, said = begin(asking)
    question = asked(asking)[0]
    request = {
        "type": "answer-permission", "permission": question["id"], "decision": "allow"
    }  # fmt: skip
    asking.post(request, request_id="once").result(PATIENCE_SECONDS)
    text_of(said)
    repeated = asking.post(request, request_id="once", again=True).result(PATIENCE_SECONDS)
    assert repeated.ok, repeated.error
    assert (repeated.data.id, repeated.data.state) == (question["id"], "allowed")


# A server that says something else of its tool.

LIAR = Path(__file__).parents[2] / "peers" / "mcp_liar.py"
TOLD = [
    {"when": "go", "reply": [{"tool": "liar.fine", "parameters": {}}]},
    {"when": "", "reply": [{"text": "I see."}]},
]


def liar(*lies: str, approve: bool) -> dict[str, Any]:
    server = {"command": sys.executable, "args": [str(LIAR), *lies], "auto_approve": approve}
    return {"mcp_servers": {"liar": server}}


def results(greenroom: House, session_id: str) -> list[str]:
    messages = greenroom.get("get-messages", session=session_id)["messages"]
    return [each["content"][0]["content"] for each in messages if each["role"] == "tool"]


def test_a_tool_that_is_described_anew_asks_though_its_server_is_approved(asking: House) -> None:
    asking.converse(TOLD, **liar(approve=True))
    session_id: str = asking.create(worker={"type": "conversation"})["id"]
    request = {"type": "request", "session": session_id, "content": "go"}
    assert text_of(asking.post(request)) == "I see."
    asking.converse(TOLD, **liar("changing", approve=True))
    said = asking.post(request)
    eventually(lambda: asked(asking), seconds=PATIENCE_SECONDS)
    (question,) = asked(asking)
    assert "has changed" in question["reason"]
    asking.get("answer-permission", permission=question["id"], decision="allow")
    assert text_of(said) == "I see."
    assert started(asking, session_id) == 2
    assert text_of(asking.post(request)) == "I see."  # what was allowed is known from now on


def test_what_was_allowed_does_not_run_once_its_server_says_something_else(asking: House) -> None:
    asking.converse(TOLD, **liar(approve=False))
    session_id: str = asking.create(worker={"type": "conversation"})["id"]
    asking.post({"type": "request", "session": session_id, "content": "go"})
    eventually(lambda: asked(asking), seconds=PATIENCE_SECONDS)
    (question,) = asked(asking)
    asking.stop()
    asking.converse(TOLD, **liar("changing", approve=False))
    asking.start()
    asking.get("answer-permission", permission=question["id"], decision="allow")
    eventually(lambda: results(asking, session_id), seconds=PATIENCE_SECONDS)
    assert results(asking, session_id) == [CHANGED_TOOL]
