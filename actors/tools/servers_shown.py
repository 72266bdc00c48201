"""PURE but for its locks: how all tool servers are, in the shape of `status --json`.

Texts of servers in it have been bounded and hold no control characters; nothing of a server's
environment or headers is there.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from actors.adapters.tool_names import wire_name
from actors.tools.tool_box import ToolBox
from storage import codec

MOST_CLASHES = 20


def servers_shown(
    shared: Mapping[str, ToolBox], own: Mapping[str, ToolBox], workspace_of: Mapping[str, str]
) -> list[dict[str, Any]]:
    """`shared` by workspace, `own` by session; `workspace_of` each session.

    `clashes` are the tools that a request cannot tell from others of its session by the name that
    a model's provider allows.
    """
    shown = []
    for workspace, box in shared.items():
        where = {"workspace": workspace, "session_id": None}
        shown += [{**where, **each} for each in _of_box(box, [])]
    for session_id, box in own.items():
        workspace = workspace_of.get(session_id, "")
        where = {"workspace": workspace, "session_id": session_id}
        beside = [shared[workspace]] if workspace in shared else []
        shown += [{**where, **each} for each in _of_box(box, beside)]
    return shown


def _of_box(box: ToolBox, beside: Iterable[ToolBox]) -> list[dict[str, Any]]:
    names = [tool.name for each in (box, *beside) for tool in each.offered()]
    clashing = _clashing(names)
    return [
        codec.builtins(state)
        | {"clashes": [name for name in clashing if name.startswith(f"{state.name}.")]}
        for state in box.described()
    ]


def _clashing(names: list[str]) -> list[str]:
    by_wire: dict[str, set[str]] = {}
    for name in names:
        by_wire.setdefault(wire_name(name), set()).add(name)
    clashing = [name for same in by_wire.values() if len(same) > 1 for name in sorted(same)]
    return clashing[:MOST_CLASHES]
