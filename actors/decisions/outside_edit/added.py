"""PURE: sessions that an edit adds, as the commands that create them.

Doing it twice is once: a session's id follows from the file, so what of it is there already is
known.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from actors.decisions.outside_edit import values
from actors.decisions.outside_edit.added_workers import WorkerPlace, require_workers, worker_steps
from actors.decisions.outside_edit.trial import Step
from actors.decisions.outside_edit.values import Json
from storage import codec
from storage.errors import FileRefused
from storage.records.ids import is_id
from storage.records.session import Session, SessionBase, WorktreeSession

_PASSED_ON = ("title", "location_path", "metadata", "repository", "branch", "base")
_TAKEN = {"id", "type", "workspace", "desired", "config", "workers", *_PASSED_ON}
_GIVEN = {field.name for kind in (SessionBase, WorktreeSession) for field in fields(kind)}
_NOT_YOURS = "{} of a new session is not yours to give; take it out (an id is never changed)"
_OF_THE_JOURNAL = {"n", "bytes", "crc"}


class Added(Struct, frozen=True, kw_only=True):
    """A new session: where it stands, its fields, its id, and what there is of it already.

    `workspace` is that of the file.
    """

    path: str
    theirs: Json
    session_id: str
    workspace: str
    ours: Session | None
    start: int


def steps(added: Added) -> list[Step]:
    """What creates the session, and makes it what the file says."""
    _require_fields(added)
    workers = _named_workers(added)
    first = _first(added, workers)
    made = [] if added.ours else [_create(added, workers, first)]
    made += _update(added, first)
    for number, wanted in enumerate(workers):
        if number != first:
            made += worker_steps(_place_of(added, number), wanted, added.session_id, added.ours)
    return made


def worker_count(theirs: Json) -> int:
    workers = theirs.get("workers")
    return len(workers) if isinstance(workers, list) else 0


def _require_fields(added: Added) -> None:
    for name in added.theirs:
        where = f"{added.path}.{name}"
        if name in _TAKEN:
            continue
        if name in _GIVEN | _OF_THE_JOURNAL:
            raise FileRefused(_NOT_YOURS.format(name), path=where)
        raise FileRefused(f"unknown field {name}; take it out", path=where)
    if added.theirs.get("workspace", added.workspace) != added.workspace:
        text = f"this is the file of workspace {added.workspace}; use create-session for another"
        raise FileRefused(text, path=f"{added.path}.workspace")
    if not isinstance(added.theirs.get("config"), dict | None):
        raise FileRefused("a JSON object is wanted here", path=f"{added.path}.config")
    values.require_config(added.theirs.get("config"), f"{added.path}.config")


def _named_workers(added: Added) -> list[Json]:
    """Its workers; those that run a program all have a name, by which they are known again."""
    path = f"{added.path}.workers"
    wanted = values.objects(added.theirs.get("workers", []), path)
    require_workers(wanted, path)
    taken = [worker.get("name") for worker in wanted]
    named = []
    for worker in wanted:
        kind, number = worker.get("type"), 1
        while f"{kind}-{number}" in taken:
            number += 1
        if worker.get("name") is None and kind in ("agent", "terminal"):
            worker = {**worker, "name": f"{kind}-{number}"}  # noqa: PLW2901 - the same one, named
            taken.append(worker["name"])
        named.append(worker)
    return named


def _first(added: Added, workers: list[Json]) -> int | None:
    """Which worker is created with the session: its conversation, or one that starts at once."""
    for number, worker in enumerate(workers):
        if worker.get("type") == "conversation":
            return number
    return 0 if workers and added.theirs.get("desired", "run") == "run" else None


def _create(added: Added, workers: list[Json], first: int | None) -> Step:
    raw: dict[str, Any] = {"type": "create-session", "workspace": added.workspace}
    raw |= {name: added.theirs[name] for name in _PASSED_ON if name in added.theirs}
    if "type" in added.theirs:
        raw["session_type"] = added.theirs["type"]
    if first is not None:
        raw["worker"] = workers[first]
    if _has_config(added, first):
        raw["config"] = added.theirs.get("config")
    return Step(
        raw=raw,
        position=added.start,
        at=added.path,
        allotted=added.session_id,
        places=(
            ("$.worker", f"{added.path}.workers[{first}]"),
            ("$.session_type", f"{added.path}.type"),
            ("$", added.path),
        ),
    )


def _has_config(added: Added, first: int | None) -> bool:
    """Whether it is created with its config; without workers that would make a conversation."""
    return first is not None or "workers" not in added.theirs


def _update(added: Added, first: int | None) -> list[Step]:
    """What creating it could not say: that it waits, or a config without a conversation."""
    updates: dict[str, Any] = {}
    desired = added.theirs.get("desired", "run")
    if not values.same(desired, added.ours.desired if added.ours else "run"):
        updates["desired"] = desired
    config = _config(added)
    present = codec.builtins(added.ours.config) if added.ours and added.ours.config else {}
    if not _has_config(added, first) and not values.same(config, present):
        updates["config"] = config
    if not updates:
        return []
    raw = {"type": "update-session", "session": added.session_id, "updates": updates}
    places = (("$.updates", added.path),)
    return [Step(raw=raw, position=added.start + 1, at=added.path, places=places)]


def _config(added: Added) -> Json:
    config = added.theirs.get("config") or {}
    return {name: value for name, value in config.items() if value is not None}


def _place_of(added: Added, number: int) -> WorkerPlace:
    return WorkerPlace(f"{added.path}.workers[{number}]", added.start + 2 + 2 * number)


def require_new_id(added: Added, *, was_used: bool) -> None:
    """FileRefused unless the id that the file chose for a new session was never used."""
    path = f"{added.path}.id"
    if not is_id(added.session_id):
        text = "an id has 1 to 64 letters, digits and hyphens; leave it out, and one is given"
        raise FileRefused(text, path=path)
    if (was_used or added.ours) and not _is_made(added):
        text = f"the id {added.session_id} was used before; leave it out, and one is given"
        raise FileRefused(text, path=path)


def _is_made(added: Added) -> bool:
    """Whether the session of that id is the one that the file asks for, made when we began."""
    if added.ours is None:
        return False
    present, theirs = codec.builtins(added.ours), added.theirs
    return (
        _is_same_place(added.ours, theirs)
        and theirs.get("title") in (None, present["title"])
        and values.same(theirs.get("metadata") or {}, present["metadata"])
        and (added.ours.config is None or values.same(_config(added), present["config"]))
    )


def _is_same_place(ours: Session, theirs: Json) -> bool:
    """A worktree lies where greenroom put it; its branch is what the file can name."""
    if isinstance(ours, WorktreeSession):
        is_asked_for = theirs.get("type") == "worktree"
        return is_asked_for and theirs.get("branch") in (None, ours.branch)
    return bool(theirs.get("location_path") == ours.location_path)
