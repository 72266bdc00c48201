"""What processes use, as `status` shows it: of one worker or tool server, of a session, of all.

What is not known is None, and adds nothing to a sum.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from actors.messages.orphans import Usage, server_key

_Json = dict[str, Any]


def figures(used: Usage | None) -> _Json:
    """`memory_bytes`, `cpu_percent` and `processes`, each None where nothing is known."""
    return {
        "memory_bytes": used.memory_bytes if used else None,
        "cpu_percent": used.cpu_percent if used else None,
        "processes": used.processes if used else None,
    }


def total(usage: Iterable[Usage]) -> _Json:
    """The same of several together, zeros for none."""
    found = list(usage)
    return {
        "memory_bytes": sum(each.memory_bytes for each in found),
        "cpu_percent": round(sum(each.cpu_percent for each in found), 1),
        "processes": sum(each.processes for each in found),
    }


def of_session(session_id: str, usage: Mapping[str, Usage]) -> _Json:
    """Its workers and its own tool servers together."""
    return total(used for key, used in usage.items() if key.partition("/")[0] == session_id)


def with_process(server: _Json, usage: Mapping[str, Usage]) -> _Json:
    """A tool server as `servers_shown` has it, with `process`: None while it has none here."""
    session_id, workspace = server["session_id"] or "", server["workspace"]
    used = usage.get(server_key(server["name"], session=session_id, workspace=workspace))
    return {**server, "process": {"pid": used.pid, **figures(used)} if used else None}
