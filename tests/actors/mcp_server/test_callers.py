"""Tools that act for a session: it leads those that it started, and nobody else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from actors.decisions import rights
from actors.mcp_server.caller import NOBODY, caller_of
from storage.records.session import WorktreeSession
from tests.fakes.greenroom import House, demo_server
from tests.fakes.mcp_tools import Tools, play
from tests.fakes.repositories import Repository

WAY = "stdio auto"
ASKS = {
    "permissions": {"rules": [{"tool": "*", "decision": "ask"}]},
}


def test_who_calls_is_known_by_the_marks() -> None:
    ours = {"GREENROOM_INSTANCE": "us"}
    assert caller_of({}, "us") is None
    assert caller_of(ours, "us") is None
    assert caller_of({**ours, "GREENROOM_WORKER": "abc/worker"}, "us") == "abc"
    assert caller_of({**ours, "GREENROOM_SERVER": "abc/mcp:greenroom"}, "us") == "abc"
    assert caller_of({**ours, "GREENROOM_SERVER": "workspace:default/mcp:g"}, "us") == NOBODY
    assert caller_of({**ours, "GREENROOM_WORKER": "abc/worker"}, "them") is None


def test_a_session_sees_its_own_alone(open_greenroom: House) -> None:
    lead, _ = open_greenroom.shell(command=["cat"])
    other, _ = open_greenroom.shell(command=["cat"])
    below = open_greenroom.create(parent=lead, title="below")["id"]

    async def scene(tools: Tools) -> None:
        listed = await tools.call("list_sessions")
        assert {each["id"] for each in listed["sessions"]} == {lead, below}
        assert listed["own"] == lead
        assert (await tools.call("get_session_status", session="below"))["parent"] == lead
        assert (await tools.call("get_session_status", session=lead))["id"] == lead
        for name in ("get_session_status", "read_output", "wait_for", "close_session"):
            assert await tools.refused(name, session=other) == "session-not-found"
        typed = {"session": other, "text": "hello"}
        assert await tools.refused("send_message", **typed) == "session-not-found"
        for name in ("send_message", "close_session"):
            more = {"text": "to myself"} if name == "send_message" else {}
            assert await tools.refused(name, session=lead, **more) == "out-of-reach"

    play(open_greenroom, WAY, scene, lead)
    assert open_greenroom.record(other).status == "active"


def test_a_child_cannot_reach_its_parent(open_greenroom: House) -> None:
    lead, _ = open_greenroom.shell(command=["cat"])
    below = open_greenroom.create(parent=lead, worker={"type": "terminal", "command": ["cat"]})

    async def scene(tools: Tools) -> None:
        assert await tools.refused("get_session_status", session=lead) == "session-not-found"
        assert await tools.refused("close_session", session=lead) == "session-not-found"
        assert (await tools.call("list_sessions"))["sessions"][0]["id"] == below["id"]

    play(open_greenroom, WAY, scene, below["id"])


def test_a_child_is_made_where_its_parent_works(open_greenroom: House, tmp_path: Path) -> None:
    lead, _ = open_greenroom.shell(command=["cat"])
    inside, outside = open_greenroom.place / "inside", tmp_path / "outside"
    for each in (inside, outside):
        each.mkdir()
    (open_greenroom.place / "link").symlink_to(outside)

    async def scene(tools: Tools) -> None:
        child = await tools.call("create_session", command=["cat"], title="child")
        assert (child["parent"], child["directory"]) == (lead, str(open_greenroom.place))
        deeper = await tools.call("create_session", command=["cat"], directory=str(inside))
        assert deeper["parent"] == lead
        for place in (outside, open_greenroom.place / "link", inside / ".." / "..", Path("/")):
            given = {"command": ["cat"], "directory": str(place)}
            assert await tools.refused("create_session", **given) == "out-of-reach"
        tree = {"command": ["cat"], "worktree": True, "directory": str(outside)}
        assert await tools.refused("create_session", **tree) == "out-of-reach"

    play(open_greenroom, WAY, scene, lead)
    assert len(open_greenroom.get("list-sessions")["sessions"]) == 3


def test_a_child_gets_a_worktree_of_its_parents_repository(open_greenroom: House) -> None:
    repository = Repository(open_greenroom.place / "repository").place
    lead = open_greenroom.create(
        location_path=str(repository), worker={"type": "terminal", "command": ["cat"]}
    )

    async def scene(tools: Tools) -> None:
        child = await tools.call(
            "create_session", command=["cat"], worktree=True, branch="part", title="part"
        )
        assert (child["type"], child["branch"], child["parent"]) == ("worktree", "part", lead["id"])
        assert (await tools.call("close_session", session="part"))["closed"] is True

    play(open_greenroom, WAY, scene, lead["id"])


def test_a_grandchild_of_a_worktree_is_of_the_same_repository(open_greenroom: House) -> None:
    repository = Repository(open_greenroom.place / "repository").place
    lead = open_greenroom.get(
        "create-session",
        session_type="worktree",
        repository=str(repository),
        branch="lead",
        worker={"type": "terminal", "command": ["cat"]},
    )

    async def scene(tools: Tools) -> None:
        given = {"command": ["cat"], "worktree": True}
        child = await tools.call("create_session", branch="part", **given)
        again = {"directory": str(repository), "branch": "other"}
        await tools.call("create_session", **again, **given)
        record = open_greenroom.record(child["id"])
        assert isinstance(record, WorktreeSession)
        assert record.repository == str(repository)

    play(open_greenroom, WAY, scene, lead["id"])


def test_the_budget_and_tools_of_a_child_are_no_more_than_its_parents(
    open_greenroom: House,
) -> None:
    config = {"budget": {"tokens": 1000}, "tools": ["git.*"]}
    lead = open_greenroom.create(config=config)["id"]

    async def scene(tools: Tools) -> None:
        more = {"tokens": 1001}
        assert await tools.refused("create_session", budget=more) == "over-budget"
        assert await tools.refused("create_session", tools=["files.*"]) == "out-of-reach"
        assert await tools.refused("create_session", command=["sh"]) == "out-of-reach"
        assert await tools.refused("create_session", agent="claude") == "out-of-reach"
        child = await tools.call("create_session", budget={"tokens": 1000})
        made_with = open_greenroom.record(child["id"]).config
        assert made_with is not None
        assert made_with.tools == ("git.*",)

    play(open_greenroom, WAY, scene, lead)


RAISE = {"budget": {"tokens": 10**9}}


@pytest.mark.parametrize(
    "request_",
    [
        {"type": "update-session", "updates": {"config": RAISE}},
        {"type": "create-worker", "worker": {"type": "terminal", "command": ["sh"]}},
        {"type": "purge-session"},
        {"type": "fork-session"},
        {"type": "add-message", "message": {"role": "user", "content": "hello"}},
    ],
    ids=lambda one: str(one["type"]),
)
def test_what_no_tool_does_the_daemon_does_for_no_session(
    open_greenroom: House, request_: dict[str, Any]
) -> None:
    """Also where the tools are gone round: who says that it is a session is held to it."""
    lead = open_greenroom.create(config={})["id"]
    child = open_greenroom.create(parent=lead, config={})["id"]
    for caller in (lead, child, "", "gone"):
        answers: list[Any] = []
        wanted = {**request_, "session": child}
        open_greenroom.room.gateway.hand_in(wanted, answers.append, caller=caller)
        assert [each.error.code for each in answers] == ["out-of-reach"]


def test_a_tool_server_that_sessions_share_acts_for_none(open_greenroom: House) -> None:
    lead = open_greenroom.create(config={})["id"]
    shared = {"GREENROOM_SERVER": "workspace:default/mcp:greenroom", "GREENROOM_WORKER": ""}

    async def scene(tools: Tools) -> None:
        assert await tools.refused("list_sessions") == "out-of-reach"
        assert await tools.refused("get_session_status", session=lead) == "out-of-reach"

    play(open_greenroom, WAY, scene, lead, **shared)


def test_parallel_calls_end_at_so_many_sessions(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "MOST_BELOW", 5)
    lead = open_greenroom.create(config={})["id"]

    async def scene(tools: Tools) -> None:
        wanted = [tools.client.call_tool("create_session", {}) for _ in range(20)]
        results = await asyncio.gather(*wanted)
        assert sum(not each.is_error for each in results) == 5
        assert await tools.refused("create_session") == "too-many-sessions"

    play(open_greenroom, WAY, scene, lead)


def waiting_child(house: House, lead: str) -> Any:
    """A session that `lead` started, and that asks whether its tool may run."""
    script: list[dict[str, Any]] = [
        {"when": "go", "reply": [{"tool": "demo.add", "parameters": {"a": 20, "b": 22}}]},
        {"reply": [{"text": "It is {{0}}."}]},
    ]
    house.converse(script, **demo_server(auto_approve=False), **ASKS)
    return house.create(parent=lead, title="child", prompt="go")


def test_a_parent_answers_for_its_child_and_nobody_else(open_greenroom: House) -> None:
    lead = open_greenroom.create(config={})["id"]
    stranger = open_greenroom.create(config={})["id"]
    child = waiting_child(open_greenroom, lead)
    asked: list[str] = []

    async def ask(tools: Tools) -> None:
        told = await tools.call("wait_for", session="child", until=["asking"])
        assert told["reached"] == "asking"
        asked.append(told["permissions"][0]["id"])
        status = await tools.call("get_session_status", session=lead)
        assert [each["id"] for each in status["permissions"]] == asked

    async def cannot(tools: Tools) -> None:
        given = {"permission": asked[0], "decision": "allow"}
        code = await tools.refused("answer_permission", **given)
        assert code in {"permission-not-found", "out-of-reach"}

    async def allow(tools: Tools) -> None:
        given = {"permission": asked[0], "decision": "allow"}
        assert (await tools.call("answer_permission", **given))["state"] == "allowed"
        told = await tools.call("wait_for", session="child", response_id=child["response_id"])
        assert told["response"]["status"] == "completed"

    play(open_greenroom, WAY, ask, lead)
    play(open_greenroom, WAY, cannot, stranger)
    play(open_greenroom, WAY, cannot, child["id"])
    play(open_greenroom, WAY, allow, lead)
    assert any(
        getattr(event, "answered_by", None) == f"session {lead}"
        for event in open_greenroom.journal(child["id"])
    )
