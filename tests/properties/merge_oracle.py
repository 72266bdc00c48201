"""What a merge must come to, told cell by cell: every value that a side can change has an address.

Shares nothing with the implementation: no order of commands, no decisions, no records.
"""

from typing import Any

from msgspec import Struct

from tests.properties.edited_sides import Json, Sides

GONE = "(gone)"
WORKER_CELLS = ("name", "desired", "restart")
Cells = dict[tuple[str, ...], str]


class Expected(Struct, frozen=True):
    """`cells` of what was there before either side began, `added` workers per session."""

    cells: Cells
    added: dict[str, list[Json]]


def told(value: Any) -> str:
    """A spelling that tells `true` from 1, and takes 1 for 1.0."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{told(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(told, value)) + "]"
    if isinstance(value, bool | None):
        return repr(value)
    return f"{float(value)}" if isinstance(value, int | float) else repr(value)


def cells(entries: dict[str, Json]) -> Cells:
    found: Cells = {}
    for name, entry in entries.items():
        found[name,] = "there"
        for field in ("title", "desired"):
            found[name, field] = told(entry[field])
        for field in ("config", "metadata"):
            for key, value in (entry[field] or {}).items():
                found[name, field, key] = told(value)
        for worker in entry["workers"]:
            if "id" in worker:
                found[name, "worker", worker["id"]] = "there"
                for field in WORKER_CELLS:
                    found[name, "worker", worker["id"], field] = told(worker[field])
    return found


def changes(base: Cells, side: Cells) -> Cells:
    """Address -> new value, of what a side changed."""
    everywhere = base.keys() | side.keys()
    return {at: side.get(at, GONE) for at in everywhere if side.get(at, GONE) != base.get(at, GONE)}


def within(at: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return other[: len(at)] == at and len(at) < len(other)


def expected(sides: Sides) -> Expected | str:
    """What there must be afterwards, or why the edit must be refused."""
    base = cells(sides.base)
    ours, theirs = changes(base, cells(sides.ours)), changes(base, cells(sides.theirs))
    problem = _clash(ours, theirs) or _forbidden_deletion(sides) or _crowded(sides.theirs)
    problem = problem or _crowded({str(number): one for number, one in enumerate(sides.fresh)})
    if problem:
        return problem
    merged = {**cells(sides.ours)}
    for at, value in theirs.items():
        if value == GONE:
            merged.pop(at, None)
        else:
            merged[at] = value
    added = {}
    for name, entry in sides.theirs.items():
        new = [worker for worker in entry["workers"] if "id" not in worker]
        if name not in sides.ours:
            if new:
                return f"{name} was deleted and given a worker"
            continue
        kept = _not_made(new, sides.base[name], sides.ours[name])
        if isinstance(kept, str):
            return kept
        added[name] = kept
        problem = _overcrowded(name, merged, kept, sides)
        if problem:
            return problem
    return Expected(merged, added)


def _clash(ours: Cells, theirs: Cells) -> str | None:
    for at in ours.keys() & theirs.keys():
        if ours[at] != theirs[at]:
            return f"both changed {at}"
    for one, other in ((ours, theirs), (theirs, ours)):
        for at, value in one.items():
            if value != GONE or at not in _things(at):
                continue
            if any(within(at, inner) and change != GONE for inner, change in other.items()):
                return f"one took out {at}, the other changed it"
            if any(within(at, i) and c == GONE and other.get(at) != GONE for i, c in other.items()):
                return f"one took out {at}, the other took something out of it"
    return None


def _things(at: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The address itself if a session or a worker stands there."""
    return {at} if len(at) == 1 or (len(at) == 3 and at[1] == "worker") else set()


def _forbidden_deletion(sides: Sides) -> str | None:
    gone = [name for name in sides.base if name not in sides.theirs and name in sides.ours]
    if sides.base and not sides.theirs and not sides.fresh:
        return "an empty list"
    if len(gone) > max(1, len(sides.base) // 2):
        return "too many deleted"
    for name in gone:
        ours, base = sides.ours[name], sides.base[name]
        if ours["open_requests"]:
            return f"{name} is at work"
        if any(w["type"] == "terminal" and w["status"] == "running" for w in ours["workers"]):
            return f"{name} runs"
        if {w["id"] for w in ours["workers"]} - {w["id"] for w in base["workers"]}:
            return f"{name} was given a worker and deleted"
    return None


def _crowded(entries: dict[str, Json]) -> str | None:
    for name, entry in entries.items():
        workers = entry.get("workers", [])
        names = [worker["name"] for worker in workers if worker.get("name")]
        if len(names) != len(set(names)):
            return f"a name stands twice in {name}"
        if sum(worker["type"] == "conversation" for worker in workers) > 1:
            return f"two conversations in {name}"
    return None


def _not_made(new: list[Json], base: Json, ours: Json) -> list[Json] | str:
    """The workers of `new` that we did not add ourselves, just the same."""
    known = {worker["id"] for worker in base["workers"]}
    made = [worker for worker in ours["workers"] if worker["id"] not in known]
    left = []
    for worker in new:
        is_talker = worker["type"] == "conversation"
        twins = [
            one
            for one in made
            if one["name"] == worker.get("name") or (is_talker and one["type"] == "conversation")
        ]
        if not twins:
            left.append(worker)
        for twin in twins:
            shape = {"name": twin["name"], "command": None, "restart": "on-crash", **worker}
            shape.pop("desired", None)
            if any(twin.get(field) != value for field, value in shape.items()):
                return f"both added {twin['name']}, differently"
    return left


def _overcrowded(name: str, merged: Cells, new: list[Json], sides: Sides) -> str | None:
    held = [
        value for at, value in merged.items() if at[:2] == (name, "worker") and at[3:] == ("name",)
    ]
    names = held + [told(worker["name"]) for worker in new if worker.get("name")]
    if len(names) != len(set(names)):
        return f"a name is taken in {name}"
    kinds = {
        w["id"]: w["type"]
        for e in (sides.ours, sides.base)
        for w in e.get(name, {}).get("workers", [])
    }
    left = [at[2] for at in merged if at[:2] == (name, "worker") and len(at) == 3]
    talkers = [one for one in left if kinds[one] == "conversation"]
    talkers += [one["type"] for one in new if one["type"] == "conversation"]
    return f"two conversations in {name}" if len(talkers) > 1 else None
