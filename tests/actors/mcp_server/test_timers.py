"""Timers by the tools: for the session that calls, for those below it, and for nobody else."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House
from tests.fakes.mcp_tools import WAYS, Tools, play

WAY = "stdio auto"


def talking(greenroom: House, **fields: str) -> str:
    session_id: str = greenroom.create(worker={"type": "conversation"}, **fields)["id"]
    return session_id


@pytest.mark.parametrize("way", WAYS)
def test_one_is_set_listed_and_taken_back(open_greenroom: House, way: str) -> None:
    session_id = talking(open_greenroom, title="talk")

    async def scene(tools: Tools) -> None:
        assert await tools.refused("set_timer", message="look", in_seconds=9) == "bad-request"
        at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        told = await tools.call("set_timer", session="talk", message="look", at=at)
        listed = await tools.call("list_timers", session="talk")
        assert [one["timer_id"] for one in listed["timers"]] == [told["timer_id"]]
        gone = await tools.call("cancel_timer", session="talk", timer_id=told["timer_id"])
        assert gone == {"timer_id": told["timer_id"], "cancelled": True}
        again = {"session": session_id, "timer_id": told["timer_id"]}
        assert await tools.refused("cancel_timer", **again) == "timer-not-found"
        assert await tools.refused("set_timer", session="talk", message="look") == "bad-request"
        naive = {"message": "look", "at": "2026-12-24T18:00:00"}
        assert await tools.refused("set_timer", session="talk", **naive) == "bad-request"

    play(open_greenroom, way, scene)


def test_a_session_sets_its_own_and_those_of_its_children(open_greenroom: House) -> None:
    open_greenroom.converse([{"when": ".", "reply": [{"text": "yes"}]}] * 2)
    lead, other = talking(open_greenroom), talking(open_greenroom)
    below = talking(open_greenroom, parent=lead, title="below")

    async def scene(tools: Tools) -> None:
        own = await tools.call("set_timer", message="look" * 1000, in_seconds=3600)
        (listed,) = (await tools.call("list_timers"))["timers"]
        assert listed["timer_id"] == own["timer_id"]
        assert listed["message"].endswith("look… (3700 more characters)")
        child = await tools.call("set_timer", session="below", message="go", in_seconds=0)
        assert child["timer_id"] != own["timer_id"]
        for name in ("set_timer", "list_timers", "cancel_timer"):
            more: dict[str, object] = {
                "set_timer": {"message": "look", "in_seconds": 1},
                "cancel_timer": {"timer_id": own["timer_id"]},
            }.get(name, {})
            assert await tools.refused(name, session=other, **more) == "session-not-found"
        await tools.call("cancel_timer", timer_id=own["timer_id"])

    play(open_greenroom, WAY, scene, lead)
    assert (open_greenroom.record(lead).timers, open_greenroom.record(other).timers) == ((), ())
    eventually(lambda: open_greenroom.record(below).message_count == 2, seconds=PATIENCE_SECONDS)


def test_a_child_sets_none_for_its_parent(open_greenroom: House) -> None:
    lead = talking(open_greenroom)
    below = talking(open_greenroom, parent=lead)

    async def scene(tools: Tools) -> None:
        wanted = {"message": "look", "in_seconds": 9}
        assert await tools.refused("set_timer", session=lead, **wanted) == "session-not-found"

    play(open_greenroom, WAY, scene, below)
    assert open_greenroom.record(lead).timers == ()
