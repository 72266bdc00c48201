"""The tool that waits until a session has something to say: by what happens there, not by asking
again and again.

The wait outlives a restart of the daemon, and ends when the call is cancelled.
"""

import asyncio
from contextlib import suppress
from typing import Any

from actors.mcp_server import shown
from actors.mcp_server.arguments import State, WaitFor
from actors.mcp_server.looking import record_of, standing
from actors.mcp_server.port import Refused, asked
from actors.mcp_server.tool import Asked, Told, Tool

TELL_SECONDS = 10.0
"""Whoever waits is told at least so often that the wait goes on."""
_AWAY = frozenset({"no-daemon", "connection-lost", "starting"})
_ENDED = frozenset({"exited", "stopped", "lost", "quarantined"})


async def wait_for(call: Asked, given: WaitFor) -> Told:
    loop = asyncio.get_running_loop()
    record = await record_of(call.daemon, given.session)
    began = loop.time()
    end = began + given.timeout_seconds
    async with call.daemon.changes(record["id"]) as changed:
        while True:
            changed.clear()
            seen = await _look(call, given, record["id"])
            reached = None if seen is None else reached_of(seen, given)
            now = loop.time()
            if seen is not None and (reached or now >= end):
                return _told(seen, reached)
            if now >= end:
                raise Refused("no-daemon", "the daemon is not there; start it: greenroom start")
            await call.progress(now - began, _words(seen))
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), min(TELL_SECONDS, end - now))


async def _look(call: Asked, given: WaitFor, session: str) -> dict[str, Any] | None:
    """How it stands; None while the daemon is away."""
    try:
        record = await record_of(call.daemon, session)
        seen = shown.status(record, await standing(call.daemon, record))
        if given.response_id is not None:
            found = await asked(call.daemon, "get-response", response_id=given.response_id)
            seen["response"] = shown.response(found)
            of = [each for each in seen["workers"] if each["id"] == found.get("worker")]
            seen["is_answered"] = not shown.is_open(found) and _has_come_to_rest(of)
    except Refused as error:
        if error.code in _AWAY:
            return None
        raise
    return seen


def reached_of(seen: dict[str, Any], given: WaitFor) -> State | None:
    """The first of what is waited for that is so. PURE."""
    return next((state for state in given.states if _is(state, seen, given)), None)


def _is(state: State, seen: dict[str, Any], given: WaitFor) -> bool:
    workers = [each for each in seen["workers"] if given.worker in {None, each["name"], each["id"]}]
    match state:
        case "answered":
            return bool(seen.get("is_answered", _is_silent(seen) and _has_answered(workers)))
        case "idle":
            return _is_silent(seen) and _has_come_to_rest(workers)
        case "asking":
            programs = [each for each in workers if each["type"] != "conversation"]
            asks = any(each.get("activity") == "asking" for each in programs)
            return asks or bool(seen["permissions"])
        case "exited":
            programs = [each for each in workers if each["type"] != "conversation"]
            has_ended = all(each["status"] in _ENDED for each in programs)
            return has_ended and (bool(programs) or seen["status"] != "active")


def _has_answered(workers: list[dict[str, Any]]) -> bool:
    """A plain terminal never answers."""
    spoken_to = [each for each in workers if each["type"] != "terminal"]
    return bool(spoken_to) and _has_come_to_rest(spoken_to)


def _has_come_to_rest(workers: list[dict[str, Any]]) -> bool:
    """An agent that took a message has answered it when it is idle again, or runs no more."""
    return all(each.get("activity", "idle") == "idle" for each in workers)


def _is_silent(seen: dict[str, Any]) -> bool:
    """Every message that was sent is answered, or has reached its agent."""
    under_way = [
        each
        for each in seen["workers"]
        if "delivery" in each and shown.is_under_way({"state": each["delivery"]})
    ]
    return not seen["open_requests"] and not under_way


def _told(seen: dict[str, Any], reached: State | None) -> Told:
    data = {"reached": reached, "timed_out": reached is None, **seen}
    data.pop("is_answered", None)
    first = f"reached: {reached}" if reached else "not yet; wait again, or look with read_output"
    lines = [first, shown.in_words(seen)]
    response = seen.get("response", {})
    lines += [response[name] for name in ("text", "error") if response.get(name)]
    return Told(data, "\n".join(lines))


def _words(seen: dict[str, Any] | None) -> str:
    if seen is None:
        return "the daemon is away; waiting for it"
    does = [f"{each['name']} {each.get('activity', each['status'])}" for each in seen["workers"]]
    return ", ".join(does) or str(seen["status"])


TOOLS = (
    Tool(
        name="wait_for",
        title="Wait for a session",
        description=(
            "Wait until a session has answered, is idle, asks for a decision, or has exited; or"
            " until timeout_seconds are over, which is no error (`timed_out`). Gives which of them"
            " was `reached` and how it stands, with the text that answers response_id."
        ),
        arguments=WaitFor,
        run=wait_for,
        reads=True,
    ),
)
