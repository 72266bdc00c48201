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


def quarantined(status: Json) -> Iterator[Json]:
    """Whoever is given up: `node` in the tree, `who` that is for a person, `error`, `again` if it
    is tried again by itself, and the `log` of a tool server, from the data directory on.

    A worker is named by its session's title and its own name.
    """
    workers = {
        str(worker.get("id")): (f"{_title(session)}/{worker.get('name')}", worker)
        for session in status.get("sessions") or []
        for worker in session.get("workers") or []
    }
    given_up = {id_ for id_, (_, worker) in workers.items() if worker.get("status") == QUARANTINED}
    for *above, node in _nodes(status.get("tree") or {}, []):
        name, error = str(node.get("name")), str(node.get("last_error") or "")
        given_up.discard(name)
        if name in workers:
            yield _worker(name, workers[name], error)
        else:
            above_it = str(above[-1].get("name")) if above else ""
            server = _server(status, above_it, name)
            yield {"node": name, "who": name, "error": error, "again": True, "log": "", **server}
    for id_, known in workers.items():
        if id_ in given_up:
            yield _worker(id_, known, "")


def _worker(name: str, known: tuple[str, Json], error: str) -> Json:
    whole, worker = known
    said = str(worker.get("last_error") or "") or error
    return {"node": name, "who": f"worker {whole}", "error": said, "again": False, "log": ""}


def _server(status: Json, above: str, name: str) -> Json:
    """Of a tool server, whose it is and where its standard error goes; of another node nothing."""
    of, _, server = name.partition(":")
    if above == "mcp_servers":
        log = f"workspaces/{of}/mcp-{server}.log"
        return {"who": f"tool server {server} of workspace {of}", "log": log}
    session = next((s for s in status.get("sessions") or [] if s.get("id") == above), None)
    if of != "mcp" or session is None:
        return {}
    listed = status.get("mcp_servers") or []
    workspaces = [s.get("workspace") for s in listed if s.get("session_id") == above]
    place = f"workspaces/{next(iter(workspaces), 'default')}/sessions/{above}"
    who = f"tool server {server} of session {_title(session)}"
    return {"who": who, "log": f"{place}/mcp-{server}.log"}


def _title(session: Json) -> str:
    return str(session.get("title") or session.get("id"))


def _nodes(tree: Json, above: list[Json]) -> Iterator[list[Json]]:
    """Each that is given up, after all above it."""
    here = [*above, tree]
    if tree.get("state") == QUARANTINED:
        yield here
    for child in tree.get("children") or []:
        yield from _nodes(child, here)
