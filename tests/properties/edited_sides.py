"""A workspace as its file showed it, and what we and they made of it since, by chance.

Everything is JSON as in `sessions.json`; ours is turned into records. Small pools of names and
values make both sides hit the same thing often.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from storage import codec
from storage.records.session import Session

Json = dict[str, Any]
Draw = st.DrawFn
Change = Callable[[Draw, Json, str], None]

NAMES = st.sampled_from(["a", "b", "c"])
TITLES = st.sampled_from(["one", "two", "three"])
DESIRED = st.sampled_from(["run", "paused", "stopped"])
CONFIG: dict[str, st.SearchStrategy[Any]] = {
    "model": st.sampled_from(["known", "other"]),
    "max_tokens": st.sampled_from([5, 6]),
    "budget": st.sampled_from([{"tokens": 5}, {"tokens": 5, "usd": 0.5}]),
}
METADATA_KEYS = st.sampled_from(["x", "y"])
METADATA = st.sampled_from([1, True, None, "text", 1.5, [1], {"deep": {"er": 1}}])
WORKER_FIELDS: dict[str, st.SearchStrategy[str]] = {
    "name": NAMES,
    "desired": st.sampled_from(["run", "stopped"]),
    "restart": st.sampled_from(["never", "always"]),
}
COMMANDS = st.sampled_from([None, ["make"]])
END = {"n": 3, "bytes": 900, "crc": "00000000"}
WHEN = "2026-11-21T12:00:00Z"


class Sides(Struct, frozen=True):
    """Entries by id; those of `theirs` that are new have no id, and stand in `fresh`."""

    base: dict[str, Json]
    ours: dict[str, Json]
    theirs: dict[str, Json]
    fresh: list[Json]

    @property
    def document(self) -> Json:
        entries = [{**entry, **END} for entry in self.theirs.values()]
        return {
            "version": 1,
            "revision": 7,
            "digest": "sha256:0",
            "sessions": [*self.fresh, *entries],
        }


def records(entries: dict[str, Json]) -> dict[str, Session]:
    return {name: codec.convert(entry, Session) for name, entry in entries.items()}


@st.composite
def fields(draw: Draw) -> Sides:
    """One session that both sides have, with changes of its fields alone, close together."""
    entry = draw(sessions(0))
    kinds = [_title, _desired, _config, _metadata, _metadata]
    ours, theirs = (draw(edited(entry, side, kinds)) for side in ("ours", "theirs"))
    name = entry["id"]
    return Sides({name: entry}, {name: ours}, {name: theirs}, [])


@st.composite
def sides(draw: Draw) -> Sides:
    base = {entry["id"]: entry for entry in [draw(sessions(n)) for n in range(draw(FEW))]}
    ours = {name: draw(edited(entry, "ours")) for name, entry in base.items()}
    theirs = {name: draw(edited(entry, "theirs")) for name, entry in base.items()}
    for side in (ours, theirs):
        for name in draw(st.sets(st.sampled_from(sorted(base)), max_size=2)) if base else ():
            if draw(RARELY):
                del side[name]
    if draw(RARELY):
        ours["ours-new"] = {**draw(sessions(9)), "id": "ours-new"}
    order = draw(st.permutations(sorted(theirs)))
    return Sides(base, ours, {name: theirs[name] for name in order}, draw(FRESH))


FEW = st.integers(0, 3)
RARELY = st.integers(0, 3).map(lambda number: number == 0)


@st.composite
def sessions(draw: Draw, number: int) -> Json:
    workers = [draw(workers_of(number, place)) for place in range(draw(FEW))]
    names = [worker["name"] for worker in workers]
    for place, worker in enumerate(workers):
        if worker["name"] in names[:place]:
            worker["name"] = f"w{place}"
        if any(other["type"] == "conversation" for other in workers[:place]):
            worker.update(_terminal())
    config = {name: draw(kind) for name, kind in CONFIG.items() if draw(st.booleans())}
    entry = {
        "type": "quick",
        "id": f"session-{number}",
        "title": draw(TITLES),
        "location_path": f"/srv/{number}",
        "desired": draw(DESIRED),
        "config": draw(st.sampled_from([config, None])),
        "metadata": draw(st.dictionaries(METADATA_KEYS, METADATA)),
        "open_requests": 1 if draw(RARELY) and draw(RARELY) else 0,
        "created_at": WHEN,
        "updated_at": WHEN,
        "workers": workers,
    }
    whole: Json = codec.builtins(codec.convert(entry, Session))
    return whole


@st.composite
def workers_of(draw: Draw, session: int, place: int) -> Json:
    worker = {
        "id": f"worker-{session}-{place}",
        "name": draw(NAMES),
        "desired": draw(WORKER_FIELDS["desired"]),
        "status": draw(st.sampled_from(["stopped", "running", "exited", "stopped"])),
        "restart": "on-crash",
        "created_at": WHEN,
    }
    return {**worker, **(_terminal() if draw(st.integers(0, 2)) else {"type": "conversation"})}


def _terminal() -> Json:
    return {"type": "terminal", "command": None, "env": {}, "cols": 80, "rows": 24}


@st.composite
def edited(draw: Draw, entry: Json, side: str, kinds: Sequence[Change] = ()) -> Json:
    """The entry with up to three changes, or as it is."""
    entry = {
        **entry,
        "config": dict(entry["config"]) if entry["config"] is not None else None,
        "metadata": dict(entry["metadata"]),
        "workers": [dict(worker) for worker in entry["workers"]],
    }
    every = [_title, _desired, _config, _metadata, _worker, _worker, _fewer, _more, _swap]
    for change in draw(st.lists(st.sampled_from(kinds or every), max_size=3)):
        change(draw, entry, side)
    return entry


def _title(draw: Draw, entry: Json, _: str) -> None:
    entry["title"] = draw(TITLES)


def _desired(draw: Draw, entry: Json, _: str) -> None:
    entry["desired"] = draw(DESIRED)


def _config(draw: Draw, entry: Json, _: str) -> None:
    name = draw(st.sampled_from(sorted(CONFIG)))
    entry["config"] = entry["config"] or {}
    if draw(st.booleans()):
        entry["config"][name] = draw(CONFIG[name])
    else:
        entry["config"].pop(name, None)


def _metadata(draw: Draw, entry: Json, _: str) -> None:
    name = draw(METADATA_KEYS)
    if draw(st.booleans()):
        entry["metadata"][name] = draw(METADATA)
    else:
        entry["metadata"].pop(name, None)


def _worker(draw: Draw, entry: Json, side: str) -> None:
    old = [worker for worker in entry["workers"] if "id" in worker]
    if not old:
        return
    worker, field = draw(st.sampled_from(old)), draw(st.sampled_from(sorted(WORKER_FIELDS)))
    value = draw(WORKER_FIELDS[field])
    taken = {other["name"] for other in old if other is not worker}
    if field != "name" or side == "theirs" or value not in taken:
        worker[field] = value


def _swap(draw: Draw, entry: Json, side: str) -> None:
    """The names go round."""
    old = [worker for worker in entry["workers"] if "id" in worker]
    names = [worker["name"] for worker in old]
    for worker, name in zip(old, names[1:] + names[:1], strict=True):
        worker["name"] = name


def _fewer(draw: Draw, entry: Json, _: str) -> None:
    if entry["workers"]:
        entry["workers"].remove(draw(st.sampled_from(entry["workers"])))


def _more(draw: Draw, entry: Json, side: str) -> None:
    new = draw(NEW_WORKERS)
    if side == "theirs":
        entry["workers"].append(new)
        return
    present = entry["workers"]
    talks = any(worker["type"] == "conversation" for worker in present)
    name = new.get("name", f"{new['type']}-1")
    if any(worker["name"] == name for worker in present) or (
        talks and new["type"] == "conversation"
    ):
        return
    rest: Json = {"command": None, "env": {}, "cols": 80, "rows": 24, "restart": "on-crash"}
    if new["type"] == "conversation":
        rest = {"restart": "on-crash"}
    made = {
        "id": f"{entry['id']}-new-{len(present)}-{name}",
        "status": "stopped",
        "desired": "run",
        "created_at": WHEN,
    }
    present.append({**rest, **made, **new, "name": name})


NEW_WORKERS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("terminal")},
        optional={"name": NAMES, "command": COMMANDS, "desired": WORKER_FIELDS["desired"]},
    ),
    st.fixed_dictionaries({"type": st.just("conversation")}, optional={"name": NAMES}),
)


CONFIGS: st.SearchStrategy[Json] = st.fixed_dictionaries({}, optional={**CONFIG})
FRESH = st.lists(
    st.fixed_dictionaries(
        {"location_path": st.sampled_from(["/srv/new", "/srv/newer"])},
        optional={
            "title": TITLES,
            "desired": DESIRED,
            "config": CONFIGS,
            "metadata": st.dictionaries(METADATA_KEYS, METADATA),
            "workers": st.lists(NEW_WORKERS, max_size=3),
        },
    ),
    max_size=2,
)
