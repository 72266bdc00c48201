"""PURE: the workers of a session that the file showed: changed, taken out, added."""

from msgspec import Struct

from actors.decisions.outside_edit import values
from actors.decisions.outside_edit.added_workers import (
    WorkerPlace,
    new_name,
    require_workers,
    worker_steps,
)
from actors.decisions.outside_edit.trial import Step
from actors.decisions.outside_edit.values import Json
from storage import codec
from storage.errors import FileRefused
from storage.records.ids import derived_id
from storage.records.session import Session

EDITABLE = ("name", "desired", "restart")


class Sides(Struct, frozen=True, kw_only=True):
    """`path` is that of the list. `start`: the number of the first change; each worker has two."""

    path: str
    theirs: list[Json]
    base: Session
    base_workers: dict[str, Json]
    ours: Session
    our_workers: dict[str, Json]
    key: str
    start: int


def by_id(session: Session) -> dict[str, Json]:
    return {worker.id: codec.builtins(worker) for worker in session.workers}


def numbers(base: Session, theirs: list[Json]) -> int:
    """How many changes there can be at most."""
    return 2 * (len(base.workers) + len(theirs))


def require_read_only(sides: Sides) -> None:
    """FileRefused for what no worker may say, and for one that the session never had."""
    named = []
    for place, theirs in enumerate(sides.theirs):
        path = f"{sides.path}[{place}]"
        worker_id = values.own_id(theirs, path)
        if worker_id is None:
            continue
        named.append((worker_id, f"{path}.id"))
        if worker_id not in sides.base_workers:
            text = f"the session has no worker {worker_id}; leave out id to add one"
            raise FileRefused(text, path=f"{path}.id")
        values.require_read_only(sides.base_workers[worker_id], theirs, EDITABLE, path)
    values.require_different(named, "a worker with the id")
    require_workers(sides.theirs, sides.path)


def steps(sides: Sides) -> tuple[list[Step], list[Step]]:
    """What is to be done with those that are there, and what adds others."""
    require_read_only(sides)
    removed = _removed(sides)
    changes = _changes(sides)
    held = {
        worker_id: worker["name"]
        for worker_id, worker in sides.our_workers.items()
        if worker_id not in {step.raw["worker"] for step in removed}
    }
    return [*removed, *_in_turn(sides, changes, held)], _added(sides)


def _removed(sides: Sides) -> list[Step]:
    stand = {worker.get("id") for worker in sides.theirs}
    removed = []
    for number, (worker_id, base) in enumerate(sides.base_workers.items()):
        ours = sides.our_workers.get(worker_id)
        if worker_id in stand or ours is None:
            continue
        if any(not values.same(base[name], ours[name]) for name in EDITABLE):
            text = f"worker {base['name']} is missing, but it was changed meanwhile; edit again"
            raise FileRefused(text, path=sides.path)
        raw = {"type": "delete-worker", "session": sides.base.id, "worker": worker_id}
        removed.append(Step(raw=raw, position=sides.start + 2 * number, at=sides.path))
    return removed


def _changes(sides: Sides) -> dict[str, tuple[str, Json]]:
    """Worker id -> where it stands, and what of it is to change."""
    changes = {}
    for place, theirs in enumerate(sides.theirs):
        path, worker_id = f"{sides.path}[{place}]", theirs.get("id")
        if worker_id is None:
            continue
        base, ours = sides.base_workers[worker_id], sides.our_workers.get(worker_id)
        if ours is None:
            if any(not values.same(base[name], theirs[name]) for name in EDITABLE):
                text = "the worker was deleted meanwhile; take it out"
                raise FileRefused(text, path=path)
            continue
        if ours["name"] == _passing_name(sides, worker_id):  # we were just about to rename it
            ours = {**ours, "name": base["name"]}
        updates = {
            name: theirs[name]
            for name in EDITABLE
            if values.is_asked(base[name], ours[name], theirs[name], f"{path}.{name}")
        }
        if updates:
            changes[worker_id] = (path, updates)
    return changes


def _in_turn(
    sides: Sides, changes: dict[str, tuple[str, Json]], held: dict[str, str]
) -> list[Step]:
    """Each once the name that it takes is free; where names go in a circle, one steps aside."""
    made, waiting, held = [], dict(changes), dict(held)
    while waiting:
        worker_id = next((one for one in waiting if _is_free(one, waiting, held)), None)
        if worker_id is not None:
            path, updates = waiting.pop(worker_id)
            held[worker_id] = updates.get("name", held[worker_id])
            made.append(_step(sides, worker_id, path, updates))
            continue
        worker_id = next(iter(waiting))
        held[worker_id] = _passing_name(sides, worker_id)
        aside = {"name": held[worker_id]}
        made.append(_step(sides, worker_id, waiting[worker_id][0], aside, passing=True))
    return made


def _is_free(worker_id: str, waiting: dict[str, tuple[str, Json]], held: dict[str, str]) -> bool:
    """Also if whoever holds the name keeps it: then the command is refused for it."""
    name = waiting[worker_id][1].get("name")
    holders = [other for other, its in held.items() if other != worker_id and its == name]
    return not any("name" in waiting.get(other, ("", {}))[1] for other in holders)


def _passing_name(sides: Sides, worker_id: str) -> str:
    return f"renamed-{derived_id(f'{sides.key}/{worker_id}', 0)}"


def _step(sides: Sides, worker_id: str, path: str, updates: Json, *, passing: bool = False) -> Step:
    number = list(sides.base_workers).index(worker_id)
    return Step(
        raw={
            "type": "update-worker",
            "session": sides.base.id,
            "worker": worker_id,
            "updates": updates,
        },
        position=sides.start + 2 * number + int(passing),
        at=path,
        places=(("$.updates", path),),
    )


def _added(sides: Sides) -> list[Step]:
    made = []
    first = sides.start + 2 * len(sides.base.workers)
    for number, theirs in enumerate(sides.theirs):
        if "id" in theirs:
            continue
        kind, wanted = theirs.get("type"), theirs
        if wanted.get("name") is None and kind in ("agent", "terminal"):
            wanted = {**wanted, "name": new_name(kind, sides.key, sides.base.id, number)}
        place = WorkerPlace(f"{sides.path}[{number}]", first + 2 * number)
        made += worker_steps(place, wanted, sides.base.id, sides.ours, sides.base)
    return made
