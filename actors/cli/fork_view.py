"""Sessions with their forks below them, in listings and in the tree of `status`. PURE.

A fork whose origin is not shown stands by itself, where it would stand without being one.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from actors.cli.drawing import Node

    Json = dict[str, Any]

BRANCH = "└ "
MID_ROUND = "mid-round"


def origin_of(session: Json) -> str | None:
    """The id of the session that it is a fork of."""
    found = (session.get("forked_from") or {}).get("session_id")
    return str(found) if found else None


def fork_phrase(session: Json) -> str:
    """Where it comes from, and of which number its files are; nothing for one that is no fork."""
    origin = session.get("forked_from") or {}
    if not origin:
        return ""
    n, tree = origin.get("n"), origin.get("tree_n")
    files = f", with the files of number {tree}" if tree is not None else ""
    files = ", with the files as they were then" if tree is not None and tree > (n or 0) else files
    files += ", in the middle of a round" if origin.get("files") == MID_ROUND else ""
    return f"{origin.get('session_id')}@{n}{files}"


def under_origins(sessions: Iterable[Json]) -> list[tuple[Json, int]]:
    """Each with how many origins it hangs below; forks follow theirs, else in the order given."""
    rows = list(sessions)
    ids = {str(each.get("id")) for each in rows}
    below: dict[str, list[int]] = {}
    for at, each in enumerate(rows):
        below.setdefault(str(origin_of(each)), []).append(at)
    left = dict.fromkeys(range(len(rows)))

    def walk(at: int, depth: int) -> Iterator[tuple[Json, int]]:
        if at in left:
            del left[at]
            yield rows[at], depth
            for fork in below.get(str(rows[at].get("id")), ()):
                yield from walk(fork, depth + 1)

    roots = [at for at, each in enumerate(rows) if origin_of(each) not in ids]
    found = [row for root in roots for row in walk(root, 0)]
    while left:  # what names each other in a circle was made by no fork, and is shown all the same
        found += walk(next(iter(left)), 0)
    return found


def hang(children: list[Node], nodes: dict[str, Node], sessions: dict[str, Json]) -> None:
    """Puts each fork's node, of those among `children`, below that of its origin."""
    path: list[str] = []
    for session, depth in under_origins(sessions[id_] for id_ in nodes):
        id_ = str(session["id"])
        path[depth:] = [id_]
        node = nodes[id_]
        if depth and node in children:
            children.remove(node)
            nodes[path[depth - 1]].children.append(node)
