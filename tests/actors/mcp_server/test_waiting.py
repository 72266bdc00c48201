"""When a wait is over, of a session as it was seen."""

from typing import Any

import pytest

from actors.mcp_server.arguments import State, WaitFor
from actors.mcp_server.waiting import reached_of

EVERY: tuple[State, ...] = ("answered", "idle", "asking", "exited")


def worker(**fields: Any) -> dict[str, Any]:
    return {"id": "w", "name": "agent-1", "type": "agent", "status": "running", **fields}


def seen(*workers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "status": "active",
        "open_requests": 0,
        "permissions": [],
        "workers": list(workers),
        **fields,
    }


def reached(found: dict[str, Any], **given: Any) -> set[str | None]:
    """Which of them are so."""
    every = (reached_of(found, WaitFor(session="s", until=(one,), **given)) for one in EVERY)
    return {one for one in every if one is not None}


TALK = {"type": "conversation", "name": "conversation-1"}
SHELL = {"type": "terminal", "name": "terminal-1"}


@pytest.mark.parametrize(
    ("found", "so"),
    [
        (seen(worker(activity="active")), set()),
        (seen(worker(activity="idle")), {"answered", "idle"}),
        (seen(worker(activity="asking")), {"asking"}),
        (seen(worker(activity="unknown")), set()),
        (seen(worker(activity="idle", delivery="submitted")), set()),
        (seen(worker(activity="idle", delivery="accepted")), {"answered", "idle"}),
        (seen(worker(status="exited")), {"answered", "idle", "exited"}),
        (seen(worker(status="quarantined")), {"answered", "idle", "exited"}),
        (seen(worker(activity="idle", **TALK)), {"answered", "idle"}),
        (seen(worker(activity="active", **TALK), open_requests=1), set()),
        (seen(worker(activity="asking", **TALK), open_requests=1), set()),
        (seen(worker(**TALK), open_requests=1, permissions=[{}]), {"asking"}),
        (seen(worker(activity="idle", **SHELL)), {"idle"}),
        (seen(worker(status="exited", **SHELL)), {"idle", "exited"}),
        (seen(worker(status="stopped", **TALK), status="inactive"), {"answered", "idle", "exited"}),
    ],
)
def test_what_is_so(found: dict[str, Any], so: set[str]) -> None:
    assert reached(found) == so


def test_an_answer_that_is_waited_for_by_its_id_is_that_one_alone() -> None:
    busy = seen(worker(activity="active", **TALK), open_requests=1, is_answered=True)
    assert reached(busy, response_id="r") == {"answered"}
    quiet = seen(worker(activity="idle", **TALK), is_answered=False)
    assert reached(quiet, response_id="r") == {"idle"}


def test_one_worker_can_be_named() -> None:
    two = seen(worker(activity="active"), worker(status="exited", **SHELL))
    assert reached(two) == set()
    assert reached(two, worker="terminal-1") == {"idle", "exited"}


def test_the_first_that_is_so_is_told() -> None:
    found = seen(worker(status="exited", **SHELL))
    given = WaitFor(session="s", until=("asking", "exited", "idle"))
    assert reached_of(found, given) == "exited"
