"""Whether a status is healthy: what the exit status of `status` says. PURE."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]


def healthy(status: Json) -> bool:
    """False while the store is degraded or anything is quarantined."""
    store = status.get("store") or {}
    if store.get("state") == "degraded" or store.get("quarantined"):
        return False
    return not any(state == "quarantined" for state in _states(status))


def _states(status: Json) -> list[object]:
    sessions = status.get("sessions") or []
    states = [worker.get("status") for each in sessions for worker in each.get("workers") or []]
    open_nodes = [status.get("tree") or {}]
    while open_nodes:
        node = open_nodes.pop()
        states.append(node.get("state"))
        open_nodes += node.get("children") or []
    return states
