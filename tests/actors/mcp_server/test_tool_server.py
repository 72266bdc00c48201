"""Greenroom as a tool server of its own conversations: each acts for its session."""

import sys
from typing import Any

from actors.decisions import rights
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House
from tests.fakes.mcp_tools import RUN

DEEPER = {"tool": "greenroom.create_session", "parameters": {"prompt": "go deeper"}}


def served(**settings: Any) -> dict[str, Any]:
    """Greenroom's tools, as workspace.json names them; they find their daemon by themselves."""
    server = {"command": sys.executable, "args": [str(RUN), "mcp"], "auto_approve": True}
    return {"mcp_servers": {"greenroom": {**server, **settings}}}


def settled(house: House) -> list[Any]:
    """All sessions, once none of them has anything left to do."""

    def all_done() -> bool:
        ids = [each["id"] for each in house.get("list-sessions")["sessions"]]
        return not any(house.record(each).open_requests for each in ids)

    eventually(all_done, seconds=2 * PATIENCE_SECONDS)
    found: list[Any] = house.get("list-sessions")["sessions"]
    return found


def said(house: House, session: str) -> str:
    return str(house.get("get-messages", session=session)["messages"])


def test_a_conversation_starts_a_child_of_its_own(open_greenroom: House) -> None:
    script: list[dict[str, Any]] = [
        {
            "when": "^lead$",
            "reply": [{**DEEPER, "parameters": {"prompt": "work", "title": "part"}}],
        },
        {"when": "^work$", "reply": [{"text": "Worked."}]},
        {"when": "created part", "reply": [{"text": "It is at work."}]},
    ]
    open_greenroom.converse(script, **served())
    lead = open_greenroom.create(prompt="lead", title="lead")["id"]
    eventually(lambda: len(settled(open_greenroom)) == 2, seconds=PATIENCE_SECONDS)
    child = open_greenroom.get("get-session", session="part")
    assert (child["parent_session_id"], child["ancestors"]) == (lead, [lead])
    assert child["location_path"] == str(open_greenroom.place)
    assert "It is at work." in said(open_greenroom, lead)
    assert "Worked." in said(open_greenroom, child["id"])


def test_sessions_that_start_sessions_come_to_an_end(open_greenroom: House) -> None:
    script: list[dict[str, Any]] = [
        {"when": "too-deep", "reply": [{"text": "This is the end."}]},
        {"when": "^created", "reply": [{"text": "One more."}]},
        {"when": "go deeper", "reply": [DEEPER]},
    ]
    open_greenroom.converse(script, **served())
    open_greenroom.create(prompt="go deeper")
    depth = rights.MOST_ABOVE + 1
    eventually(lambda: len(settled(open_greenroom)) == depth, seconds=2 * PATIENCE_SECONDS)
    last = open_greenroom.get("list-sessions")["sessions"][-1]["id"]
    assert "This is the end." in said(open_greenroom, last)


def test_and_so_they_do_at_the_budget_of_the_first(open_greenroom: House) -> None:
    script: list[dict[str, Any]] = [
        {"when": "^created", "reply": [{"text": "One more."}]},
        {"when": "go deeper", "reply": [DEEPER]},
    ]
    open_greenroom.converse(script, **served())
    open_greenroom.create(prompt="go deeper", config={"budget": {"tool_calls": 2}})
    eventually(lambda: len(settled(open_greenroom)) == 3, seconds=2 * PATIENCE_SECONDS)
    last = open_greenroom.get("list-sessions")["sessions"][-1]["id"]
    (ended,) = open_greenroom.get("get-history", session=last)["rounds"]
    assert (ended["status"], ended["failure"]["code"]) == ("failed", "budget-exceeded")


def test_one_that_all_sessions_share_acts_for_none(open_greenroom: House) -> None:
    script: list[dict[str, Any]] = [
        {"when": "out-of-reach", "reply": [{"text": "Refused."}]},
        {"when": "go deeper", "reply": [DEEPER]},
    ]
    open_greenroom.converse(script, **served(scope="workspace"))
    lead = open_greenroom.create(prompt="go deeper")["id"]
    assert len(settled(open_greenroom)) == 1
    assert "Refused." in said(open_greenroom, lead)
