"""Workers as they are at this moment: their records, and what only a running daemon knows."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Json = dict[str, Any]

LIVE = ("process", "activity", "writer", "watchers")


def as_running(workers: list[Json], status: Json) -> list[Json]:
    """`workers` with what `get-status` says of their processes, activity and attachments, and with
    the `actor` of each, which knows how it ended before. PURE.
    """
    actors = {node.get("name"): node for node in _nodes(status.get("tree") or {})}
    live = {
        worker.get("id"): worker
        for session in status.get("sessions") or []
        for worker in session.get("workers") or []
    }
    return [
        {
            **each,
            **_of(live.get(each.get("id")) or {}),
            "actor": actors.get(each.get("id")) or {},
        }
        for each in workers
    ]


def _nodes(node: Json) -> Iterator[Json]:
    yield node
    for child in node.get("children") or []:
        yield from _nodes(child)


def _of(live: Json) -> Json:
    return {key: live[key] for key in LIVE if key in live}
