"""What the files tell of sessions while no daemon vouches for it, worded as the past. PURE.

A pause or an end is as true as before; that something runs is only what was last written down.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]

NOT_VOUCHED_FOR = frozenset({"stopped", "unresponsive"})
ALIVE = frozenset({"active", "running", "starting", "stopping"})


def is_last_known(status: Json) -> bool:
    """True for a status that was read from the files."""
    return (status.get("daemon") or {}).get("state") in NOT_VOUCHED_FOR


def in_the_past(session: Json) -> Json:
    """The session with `was …` for whatever ran; its conversations without any state."""
    workers = [_worker(worker) for worker in session.get("workers") or []]
    return {**session, "status": _was(session.get("status")), "workers": workers}


def _worker(worker: Json) -> Json:
    if worker.get("type") == "conversation":
        return {**worker, "status": "", "process": None, "exit": None}
    state = worker.get("status")
    return {**worker, "status": _was(state), **({"exit": None} if state in ALIVE else {})}


def _was(state: object) -> object:
    return f"was {state}" if state in ALIVE else state
