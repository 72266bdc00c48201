"""R15: the wall clock jumps. Nothing is started again for it, and nothing changes its order."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from actors.adapters.system_clock import SystemClock
from actors.messages.supervision import TreeNode
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House, house

JUMPS = {
    "an hour back": timedelta(hours=-1),
    "a day on": timedelta(days=1),
    "ten years on": timedelta(days=3650),
}


class JumpingClock(SystemClock):
    """Its time of day is moved by `by`; its monotonic time goes on as it does."""

    def __init__(self) -> None:
        super().__init__()
        self.by = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.by


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def room(tmp_path: Path, clock: JumpingClock) -> Iterator[House]:
    with house(tmp_path, clock=clock, fronts=True) as made:
        yield made


def restarts(room: House) -> int:
    def count(node: TreeNode) -> int:
        return node.restarts + sum(count(child) for child in node.children)

    return count(room.room.board.tree())


@pytest.mark.parametrize("by", JUMPS.values(), ids=JUMPS)
def test_a_jump_starts_nothing_again_and_keeps_all_order(
    room: House, clock: JumpingClock, by: timedelta
) -> None:
    session_id, worker_id = room.shell()
    pid = room.worker(session_id, worker_id).process.pid
    room.get("add-message", session=session_id, message={"role": "user", "content": "before"})
    before = restarts(room)
    clock.by = by
    room.get("add-message", session=session_id, message={"role": "user", "content": "after"})
    room.get("write-input", session=session_id, worker=worker_id, data="echo $((40 + 2))\r")
    room.shows(session_id, worker_id, "42")
    later = room.create(title="later")["id"]
    drop = room.data.inbox / ".request"
    drop.write_text('{"type": "get-session", "session": "later"}')
    drop.rename(room.data.inbox / "request.json")
    eventually((room.data.outbox / "request.json").exists)
    assert restarts(room) == before
    assert room.worker(session_id, worker_id).process.pid == pid
    eventually(lambda: len(room.projected() or []) == 2)
    room.again()
    assert room.worker(session_id, worker_id).process.pid == pid
    messages = room.get("get-messages", session=session_id)["messages"]
    assert [message["content"][0]["text"] for message in messages] == ["before", "after"]
    assert {one["id"] for one in room.get("list-sessions")["sessions"]} == {session_id, later}
    clock.by = timedelta(0)
    assert room.get("update-session", session=later, updates={"title": "back"})["title"] == "back"
    assert restarts(room) == 0
