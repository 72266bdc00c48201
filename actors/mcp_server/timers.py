"""The tools for messages that are given later: to the session that calls, or to one of its own."""

from typing import Any

from actors.mcp_server.arguments import CancelTimer, ListTimers, SetTimer
from actors.mcp_server.looking import record_of
from actors.mcp_server.port import Daemon, Refused, asked
from actors.mcp_server.shown import beginning
from actors.mcp_server.tool import Asked, Told, Tool

SHOWN = 300
"""So much of each message is listed."""


async def set_timer(call: Asked, given: SetTimer) -> Told:
    of = await _session(call.daemon, given.session)
    at = None if given.at is None else given.at.isoformat()
    when = {"in_seconds": given.in_seconds, "at": at}
    told = await asked(call.daemon, "set-timer", session=of, message=given.message, **when)
    return Told(told, f"timer {told['timer_id']} is due at {told['due']}")


async def list_timers(call: Asked, given: ListTimers) -> Told:
    of = await _session(call.daemon, given.session)
    told = await asked(call.daemon, "list-timers", session=of)
    timers = [{**one, "message": beginning(one["message"], SHOWN)} for one in told["timers"]]
    lines = [f"{one['timer_id']} at {one['due']}: {one['message']}" for one in timers]
    return Told({"timers": timers}, "\n".join(lines) or "no timers; set_timer sets one")


async def cancel_timer(call: Asked, given: CancelTimer) -> Told:
    of = await _session(call.daemon, given.session)
    told = await asked(call.daemon, "cancel-timer", session=of, timer_id=given.timer_id)
    return Told(told, f"timer {told['timer_id']} is cancelled")


async def _session(daemon: Daemon, named: str | None) -> str:
    """The id of the session that is named, else of the one that calls."""
    if named is None and not daemon.caller:
        raise Refused("bad-request", "session is missing: name one", "$.session")
    record: dict[str, Any] = await record_of(daemon, named or str(daemon.caller))
    return str(record["id"])


TOOLS = (
    Tool(
        name="set_timer",
        title="Set a timer",
        description=(
            "Have a message said later, once, in in_seconds or at a time: to yourself, as when you"
            " want to look at something again, or to a session that you started. It comes like a"
            " message of send_message, also after a restart. Do not wait in your turn for what"
            " takes long: end it, and let a timer begin the next. Gives `timer_id` and `due`."
        ),
        arguments=SetTimer,
        run=set_timer,
    ),
    Tool(
        name="list_timers",
        title="List timers",
        description="The timers of a session that have not fired, with their messages.",
        arguments=ListTimers,
        run=list_timers,
        reads=True,
    ),
    Tool(
        name="cancel_timer",
        title="Cancel a timer",
        description="Take back a timer that has not fired.",
        arguments=CancelTimer,
        run=cancel_timer,
        ends=True,
    ),
)
