"""PURE: the whole of an edited `sessions.json`, against what it showed and what is now."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from msgspec import Struct

from actors.decisions.decision import Given
from actors.decisions.outside_edit import added, known, known_workers, values
from actors.decisions.outside_edit.trial import Change, Check, Step, Trial
from actors.decisions.outside_edit.values import Json
from storage import codec
from storage.errors import FileRefused
from storage.journal.frame import JournalEnd
from storage.records.ids import derived_id
from storage.records.session import Session

VERSION = 1
_TOP: dict[str, Any] = {"version": int, "revision": int, "digest": str}
_END: dict[str, Any] = {"n": int, "bytes": int, "crc": str}


class EditRefused(Struct, frozen=True):
    """Nothing of the edit may be done. `path` is a JSON path such as `$.sessions[2].title`."""

    path: str
    reason: str


class _Sides(Struct, frozen=True, kw_only=True):
    base: Mapping[str, Session]
    ends: Mapping[str, JournalEnd]
    listed: frozenset[str]
    ours: Mapping[str, Session]
    key: str
    workspace: str
    was_used: Callable[[str], bool]


def merge(
    *,
    base: Mapping[str, Session],
    listed: Collection[str],
    ours: Mapping[str, Session],
    theirs: object,
    key: str,
    workspace: str,
    was_used: Callable[[str], bool],
    given: Given,
    ends: Mapping[str, JournalEnd] | None = None,
    check: Check = lambda _request, _session: None,
) -> tuple[Change, ...] | EditRefused:
    """The commands that make `ours` what the edit wants, in order; none if it wants nothing.

    `base`: the sessions that the file's revision showed, each folded to the `n` of its entry;
    `ends`: those ends, against which `n`, `bytes` and `crc` are held. `listed`: the ids of that
    revision. `ours`: what is durable now, without what is being deleted. `theirs`: the JSON of the
    file, `key` its hash. `was_used`: whether a session ever had that id. `check` sees every command
    before it is decided. Doing the commands of a file twice, whole or in part, is doing them once.
    """
    sides = _Sides(
        base=base,
        ends=ends or {},
        listed=frozenset(listed),
        ours=ours,
        key=key,
        workspace=workspace,
        was_used=was_used,
    )
    trial = Trial(ours, given, check)
    try:
        return tuple(trial.change(step) for step in _steps(sides, theirs))
    except FileRefused as problem:
        return EditRefused(problem.path or "$", str(problem))


def _steps(sides: _Sides, theirs: object) -> list[Step]:
    entries = _entries(theirs)
    ids = [values.own_id(entry, _path(place)) for place, entry in enumerate(entries)]
    named = [(name, f"{_path(place)}.id") for place, name in enumerate(ids) if name is not None]
    values.require_different(named, "a session with the id")
    if not entries and sides.listed:
        text = "no session stands here; to delete all of them, send delete-session for each"
        raise FileRefused(text, path="$.sessions")
    made: list[Step] = []
    start = 0
    for place, (entry, session_id) in enumerate(zip(entries, ids, strict=True)):
        if session_id in sides.listed:
            one = _known(sides, place, entry, start)
            made += known.steps(one)
            start += 2 + known_workers.numbers(one.base, entry["workers"])
        else:
            new = _added(sides, place, entry, start)
            if new.ours or not sides.was_used(new.session_id):
                made += added.steps(new)
            start += 2 + 2 * added.worker_count(entry)
    return made + _deletions(sides, {name for name, _ in named}, start)


def _entries(theirs: object) -> list[Json]:
    if not isinstance(theirs, dict):
        raise FileRefused("a JSON object with `sessions` is wanted here", path="$")
    for name in theirs:
        if name not in {*_TOP, "sessions"}:
            raise FileRefused(f"unknown field {name}; take it out", path=f"$.{name}")
    for name, kind in _TOP.items():
        if type(theirs.get(name)) is not kind:
            raise FileRefused(f"{name} is missing or wrong; put it back", path=f"$.{name}")
    if theirs["version"] != VERSION:
        raise FileRefused(f"version is read-only; it is {VERSION}", path="$.version")
    return values.objects(theirs.get("sessions"), "$.sessions")


def _path(place: int) -> str:
    return f"$.sessions[{place}]"


def _known(sides: _Sides, place: int, entry: Json, start: int) -> known.Known:
    session_id, path = entry["id"], _path(place)
    base = sides.base.get(session_id) or sides.ours.get(session_id)
    if base is None:
        text = f"session {session_id} is gone, and what it was is not known; take its entry out"
        raise FileRefused(text, path=f"{path}.id")
    return known.Known(
        path=path,
        theirs=entry,
        base=base,
        end=_end(sides, entry, path),
        ours=sides.ours.get(session_id),
        key=sides.key,
        start=start,
    )


def _end(sides: _Sides, entry: Json, path: str) -> Json:
    """The fields that name the end of the journal, as they must stand there."""
    known_end = sides.ends.get(entry["id"])
    if known_end:
        end: Json = codec.builtins(known_end)
        return end
    for name, kind in _END.items():
        if type(entry.get(name)) is not kind:
            text = f"{name} is missing or wrong; put it back"
            raise FileRefused(text, path=f"{path}.{name}")
    return {name: entry[name] for name in _END}


def _added(sides: _Sides, place: int, entry: Json, start: int) -> added.Added:
    session_id = entry["id"] if "id" in entry else derived_id(sides.key, place)
    new = added.Added(
        path=_path(place),
        theirs=entry,
        session_id=session_id,
        workspace=sides.workspace,
        ours=sides.ours.get(session_id),
        start=start,
    )
    if "id" in entry:
        added.require_new_id(new, was_used=sides.was_used(session_id))
    return new


def _deletions(sides: _Sides, stand: set[str], start: int) -> list[Step]:
    missing = sorted(sides.listed - stand)
    gone = [session_id for session_id in missing if session_id in sides.ours]
    limit = max(1, len(sides.listed) // 2)
    if len(gone) > limit:
        text = (
            f"{len(gone)} of {len(sides.listed)} sessions are missing; one edit deletes {limit} at"
            " most; to delete more, send delete-session for each"
        )
        raise FileRefused(text, path="$.sessions")
    return [
        known.deletion(sides.base.get(name), sides.ours[name], start + missing.index(name))
        for name in gone
    ]
