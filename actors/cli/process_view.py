"""What processes use, and tool servers with theirs, as parts of lines for people. PURE."""

from __future__ import annotations

from actors.cli.drawing import GAP, Detail, detail_lines, spread, style_of, width_of
from actors.cli.phrases import binary_size, joined, last_said, plural, since, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from actors.cli.console import Line, Span

    Json = dict[str, Any]

SAID_BY = {
    "running": "connected",
    "starting": "no answer yet",
    "failed": "gone",
}
"""What is known of a tool server in each state, by what it said on its protocol or did not."""


def figures_cells(process: Json) -> list[Span]:
    """Of all processes of a worker or a tool server together, in columns."""
    if not process:
        return []
    count, cpu = process.get("processes"), process.get("cpu_percent")
    several = f" ({count} processes)" if isinstance(count, int) and count > 1 else ""
    pid = f"pid {process['pid']}{several}" if process.get("pid") else several.strip()
    if not isinstance(cpu, (int, float)):
        return [(pid, "")]
    return [(pid, ""), (size(process.get("memory_bytes")), ""), (f"{cpu:.0f} % CPU", "")]


def use_phrase(usage: Json) -> str:
    """`6 processes, 45 MB, 3 % CPU`; empty for none."""
    count = usage.get("processes")
    if not count:
        return ""
    memory, cpu = size(usage.get("memory_bytes")), usage.get("cpu_percent") or 0
    return f"{plural(count, 'process', 'processes')}, {memory}, {cpu:.0f} % CPU"


def servers_by_node(status: Json) -> dict[str, dict[str, Json]]:
    """The tool servers by the name of their node, those of each session apart; the others are below
    the empty id.
    """
    found: dict[str, dict[str, Json]] = {}
    for server in status.get("mcp_servers") or []:
        session_id = str(server.get("session_id") or "")
        prefix = "mcp" if session_id else server.get("workspace")
        found.setdefault(session_id, {})[f"{prefix}:{server.get('name')}"] = server
    return found


def server_detail(server: Json, actor: Json, now: datetime) -> Detail:
    """A tool server's state, processes, memory and CPU in columns; what says so and since when."""
    known = str(server.get("state") or "")
    state = known if known == "running" else str(actor.get("state") or known)
    restarts = actor.get("restarts") or 0
    age = since(server.get("since"), now)
    rest = spread([
        (" ".join(filter(None, [SAID_BY.get(known, ""), age, "(protocol)" if age else ""])), ""),
        (plural(server.get("tools") or 0, "tool") if known == "running" else "", "dim"),
        (plural(restarts, "restart") if restarts else "", "warn"),
        (last_said(str(server.get("problem") or actor.get("last_error") or "")), "bad"),
    ])  # fmt: skip
    return Detail([(state, style_of(state)), *figures_cells(server.get("process") or {})], rest)


def process_lines(status: Json, session_id: str, now: datetime) -> list[Line]:
    """Of a session: its tool servers, and what all its processes use together."""
    servers = (servers_by_node(status).get(session_id) or {}).values()
    details = [server_detail(each, {}, now) for each in servers]
    names: list[list[Span]] = [[(f"  {each.get('name')}", "")] for each in servers]
    width = max(map(width_of, names), default=0)
    lines: list[Line] = [
        [*name, (" " * (width - width_of(name) + GAP), ""), *detail]
        for name, detail in zip(names, detail_lines(details, width + GAP, None), strict=True)
    ]
    if lines:
        lines.insert(0, [("tools", "dim")])
    shown = _session_of(status, session_id)
    used = use_phrase(shown.get("usage") or {})
    held = held_phrase(shown.get("limits") or {})
    if held:
        lines.append([(f"{'limits':<10}", "dim"), (held.removeprefix("limits: "), "")])
    return [*lines, *([[(f"{'uses':<10}", "dim"), (used, "")]] if used else [])]


def limits_phrase(limits: Json) -> str:
    """`50 processes, 2 GiB of memory`; empty for none."""
    processes, memory = limits.get("processes"), limits.get("memory_bytes")
    return joined([
        plural(processes, "process", "processes") if processes else "",
        f"{binary_size(memory)} of memory" if memory else "",
    ])  # fmt: skip


def held_phrase(limits: Json) -> str:
    """`limits: 50 processes, by cgroup`; empty for a session without limits."""
    most = limits_phrase(limits)
    return f"limits: {joined([most, str(limits.get('enforced') or '')])}" if most else ""


def limit_lines(session: Json, status: Json) -> list[Line]:
    """What a session is held to, how, and what its processes use."""
    most = limits_phrase((session.get("config") or {}).get("limits") or {})
    shown = _session_of(status, str(session.get("id")))
    limits = shown.get("limits") or {}
    how = " ".join(filter(None, [limits.get("enforced"), _in_brackets(limits.get("why"))]))
    used = use_phrase(shown.get("usage") or {})
    return [
        [(str(session.get("title")), "bold"), (f" {session.get('id')}", "dim")],
        [(f"{'limits':<10}", "dim"), (joined([most or "none", how]), "")],
        [(f"{'uses':<10}", "dim"), (used or "no process", "")],
    ]


def _in_brackets(text: object) -> str:
    return f"({text})" if text else ""


def _session_of(status: Json, session_id: str) -> Json:
    found = [each for each in status.get("sessions") or [] if each.get("id") == session_id]
    return found[0] if found else {}
