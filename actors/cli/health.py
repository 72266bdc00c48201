"""Whether a status is healthy: what the exit status of `status` says, and who is to blame. PURE."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Json = dict[str, Any]

QUARANTINED = "quarantined"


def healthy(status: Json) -> bool:
    """False while the store is degraded or anything is quarantined."""
    store = status.get("store") or {}
    if store.get("state") == "degraded" or store.get("quarantined"):
        return False
    return next(quarantined(status), None) is None


def quarantined(status: Json) -> Iterator[tuple[str, str]]:
    """Whoever is given up and its last error; a worker by its session's title and its own name."""
    workers = {
        str(worker.get("id")): (f"{session.get('title') or session.get('id')}/{worker.get('name')}",
                                worker)
        for session in status.get("sessions") or []
        for worker in session.get("workers") or []
    }  # fmt: skip
    given_up = {id_ for id_, (_, worker) in workers.items() if worker.get("status") == QUARANTINED}
    errors = {id_: str(worker.get("last_error") or "") for id_, (_, worker) in workers.items()}
    for name, error in _nodes(status.get("tree") or {}):
        given_up.discard(name)
        shown = f"worker {workers[name][0]}" if name in workers else name
        yield shown, errors.get(name) or error
    for id_ in workers:
        if id_ in given_up:
            yield f"worker {workers[id_][0]}", errors[id_]


def _nodes(tree: Json) -> Iterator[tuple[str, str]]:
    if tree.get("state") == QUARANTINED:
        yield str(tree.get("name")), str(tree.get("last_error") or "")
    for child in tree.get("children") or []:
        yield from _nodes(child)
