"""How sessions, workers and questions are called at the cursor. PURE.

A title is offered where it can be typed and means that session alone, else the id. What is offered
is one line without any control character, and is read by the daemon as what it was offered for.
"""

from __future__ import annotations

from actors.cli.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Json = dict[str, Any]
    Offer = tuple[str, str]

SHORTEST = 4
"""Characters that are taken for the beginning of an id; fewer are a title."""
DESCRIBED = 60


def session_offers(sessions: list[Json], current: str) -> list[Offer]:
    """Each under one name, with what else is known of it."""
    return [
        (name, _said(identity if name != identity else title, each.get("status")))
        for each in sessions
        for identity, title in [(str(each["id"]), str(each.get("title") or ""))]
        for name in [session_name(each, sessions, current)]
    ]


def session_name(session: Json, sessions: list[Json], current: str) -> str:
    """Its title; its id if that cannot be used, or if the beginning of that is what was typed."""
    identity, title = str(session["id"]), str(session.get("title") or "")
    if not _means_one(title, sessions):
        return identity
    begun = current.partition("/")[0]
    fits = title.startswith(current) or current.startswith(f"{title}/")
    return identity if begun and not fits and identity.startswith(begun) else title


def worker_offers(sessions: list[Json], current: str, *, all_of_them: bool) -> list[Offer]:
    """Each as SESSION/WORKER; without `all_of_them` those of a session that is written out."""
    titles = {each.get("title") for each in sessions}
    offers = []
    for session in sessions:
        name = session_name(session, sessions, current)
        workers = session.get("workers") or []
        if all_of_them or current == name or current.startswith(f"{name}/"):
            for worker in workers:
                known = _worker_name(worker, workers)
                of = str(session["id"]) if f"{name}/{known}" in titles else name
                offers.append((f"{of}/{known}", _said(worker.get("type"), worker.get("status"))))
    return offers


def _worker_name(worker: Json, workers: list[Json]) -> str:
    name, identity = str(worker.get("name") or ""), str(worker["id"])
    same = sum(each.get("name") == name for each in workers)
    is_id = any(str(each["id"]) == name for each in workers)
    return name if can_be_typed(name) and "/" not in name and same == 1 and not is_id else identity


def trash_offers(shelved: list[Json], current: str) -> list[Offer]:
    """Each by its title, or by its name in the trash, which is its id and a number."""
    named = [{**each, "id": each["name"]} for each in shelved]
    return session_offers(named, current)


def ask_offers(asked: Iterable[Json]) -> list[Offer]:
    """Open questions, by their whole ids."""
    return [(str(each["id"]), _said(each.get("tool"), each.get("title"))) for each in asked]


def agent_offers(agents: Iterable[Json]) -> list[Offer]:
    found = ((each, "" if each.get("found") else "is not installed") for each in agents)
    return [(str(each["id"]), _said(each.get("name"), told)) for each, told in found]


def can_be_typed(name: str) -> bool:
    """One line that a screen shows as it is, and that is no option."""
    return bool(name) and name == name.strip() and printable(name) == name and name[0] != "-"


def _means_one(title: str, sessions: list[Json]) -> bool:
    """Whether a title means one session, also with a worker or a number behind it."""
    _, at, number = title.rpartition("@")
    if not can_be_typed(title) or title.endswith("/") or (at and not number.strip("0123456789")):
        return False
    if sum(each.get("title") == title for each in sessions) > 1:
        return False
    if len(title) < SHORTEST:
        return not any(str(each["id"]) == title for each in sessions)
    return not any(str(each["id"]).startswith(title) for each in sessions)


def _said(*parts: object) -> str:
    """A description, short and fit for a screen."""
    told = ", ".join(printable(str(part)) for part in parts if part)
    return told if len(told) <= DESCRIBED else f"{told[: DESCRIBED - 1]}…"
