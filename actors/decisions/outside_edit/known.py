"""PURE: an entry for a session that the file showed: what of it was changed, as commands."""

from typing import Any

from msgspec import Struct

from actors.decisions.outside_edit import known_workers, values
from actors.decisions.outside_edit.trial import Step
from actors.decisions.outside_edit.values import ABSENT, Json
from storage import codec
from storage.errors import FileRefused
from storage.records.config import Budget, Limits, SessionConfig
from storage.records.session import Session
from storage.records.worker import ProcessWorker

EDITABLE = frozenset({"title", "desired", "config", "metadata", "workers"})


class Known(Struct, frozen=True, kw_only=True):
    """`base` is what the file showed, with `end`, the fields that name the end of its journal.

    `ours` is None if it was deleted since. `start`: the number of its first change.
    """

    path: str
    theirs: Json
    base: Session
    end: Json
    ours: Session | None
    key: str
    start: int


def steps(entry: Known) -> list[Step]:
    """What is to be done; what is to stop is told the session before anything of it starts."""
    base = codec.builtins(entry.base)
    values.require_read_only({**base, **entry.end}, entry.theirs, EDITABLE, entry.path)
    _require_objects(entry, base)
    workers = known_workers.Sides(
        path=f"{entry.path}.workers",
        theirs=values.objects(entry.theirs["workers"], f"{entry.path}.workers"),
        base=entry.base,
        base_workers=known_workers.by_id(entry.base),
        ours=entry.ours or entry.base,
        our_workers=known_workers.by_id(entry.ours or entry.base),
        key=entry.key,
        start=entry.start + 2,
    )
    if entry.ours is None:
        known_workers.require_read_only(workers)
        _require_unchanged(entry, base)
        return []
    updates = _updates(entry, base, codec.builtins(entry.ours))
    changed, added = known_workers.steps(workers)
    session = [_step(entry, updates)] if updates else []
    runs = updates.get("desired") == "run"
    return [*changed, *session, *added] if runs else [*session, *changed, *added]


def _require_objects(entry: Known, base: Json) -> None:
    for name in ("config", "metadata"):
        stands = entry.theirs[name]
        if not isinstance(stands, dict) and not values.same(stands, base[name]):
            raise FileRefused("a JSON object is wanted here", path=f"{entry.path}.{name}")
    values.require_config(entry.theirs["config"], f"{entry.path}.config")


def _require_unchanged(entry: Known, base: Json) -> None:
    """Of a session that was deleted meanwhile."""
    for name in sorted(EDITABLE):
        if not _is_unchanged(name, base[name], entry.theirs[name]):
            text = f"the session was deleted meanwhile; take it out, or {_BRING_BACK}"
            raise FileRefused(text, path=f"{entry.path}.{name}")


_BRING_BACK = "bring it back with `restore` and edit again"


def _is_unchanged(name: str, base: Any, theirs: Any) -> bool:
    if name == "config":
        return values.same(_without_nulls(base), _without_nulls(theirs))
    if name == "workers":
        return values.same(_by_id(base), _by_id(theirs)) and len(base) == len(theirs)
    return values.same(base, theirs)


def _by_id(workers: list[Json]) -> Json:
    return {str(worker.get("id")): worker for worker in workers}


def _without_nulls(config: Json | None) -> Json:
    """A null in it unsets, as does leaving out."""
    return {name: value for name, value in (config or {}).items() if value is not None}


def _updates(entry: Known, base: Json, ours: Json) -> Json:
    theirs, updates = entry.theirs, {}
    for name in ("title", "desired"):
        if values.is_asked(base[name], ours[name], theirs[name], f"{entry.path}.{name}"):
            updates[name] = theirs[name]
    three = [_without_nulls(side["config"]) for side in (base, ours, theirs)]
    config = values.asked_keys(three[0], three[1], three[2], f"{entry.path}.config")
    if config:
        updates["config"] = {name: _to_ask(name, value) for name, value in config.items()}
    metadata = values.asked_keys(
        base["metadata"], ours["metadata"], theirs["metadata"], f"{entry.path}.metadata"
    )
    if metadata:
        whole = {**ours["metadata"], **metadata}
        updates["metadata"] = {k: value for k, value in whole.items() if value is not ABSENT}
    return updates


_ONE_BY_ONE = {"budget": Budget.__struct_fields__, "limits": Limits.__struct_fields__}


def _to_ask(name: str, value: Any) -> Any:
    """A request sets a budget and the limits one by one: what the file does not show is lifted."""
    if value is ABSENT:
        return None
    if name in _ONE_BY_ONE and isinstance(value, dict):
        return {**dict.fromkeys(_ONE_BY_ONE[name]), **value}
    return value


def _step(entry: Known, updates: Json) -> Step:
    return Step(
        raw={"type": "update-session", "session": entry.base.id, "updates": updates},
        position=entry.start,
        at=f"{entry.path}.desired" if "desired" in updates else entry.path,
        places=(("$.updates", entry.path),),
    )


def deletion(base: Session | None, ours: Session, position: int) -> Step:
    """Of a session whose entry was taken out; never of its worktree. FileRefused if it works, or
    was changed meanwhile.
    """
    running = [w for w in ours.workers if isinstance(w, ProcessWorker) and w.status in _ALIVE]
    if running or ours.open_requests:
        busy = f"worker {running[0].name} runs" if running else "a request is open"
        text = f"session {ours.id} is missing, but {busy}; stop it first, or put its entry back"
        raise FileRefused(text, path="$.sessions")
    if base is None or _memory(base) != _memory(ours):
        text = f"session {ours.id} is missing, but it was changed meanwhile; edit again"
        raise FileRefused(text, path="$.sessions")
    raw = {"type": "delete-session", "session": ours.id, "keep_worktree": True}
    return Step(raw=raw, position=position, at="$.sessions")


_ALIVE = {"running", "starting"}


def _memory(session: Session) -> bytes:
    """What of a session people and models make; processes come and go by themselves."""
    fields = [session.title, session.desired, session.archived, session.metadata]
    workers = [[w.id, w.name, w.desired, w.restart] for w in session.workers]
    config = session.config or SessionConfig()
    return codec.encode([*fields, config, session.message_count, workers])
