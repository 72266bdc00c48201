"""PURE: JSON values on three sides: which of them was changed, by whom, and whether that may be.

Raises FileRefused with the path of what cannot be taken over.
"""

import re
from collections.abc import Collection
from typing import Any, Final

from storage import codec
from storage.errors import FileRefused
from storage.records.config import Budget, Limits, SessionConfig

ABSENT: Final = object()
"""Stands for a key that is not there."""

DERIVED = {"status": "it follows from `desired`: set `desired`"}
_UNKNOWN_FIELD = re.compile(r"unknown field `(.+)`")
Json = dict[str, Any]


def same(one: Any, other: Any) -> bool:
    """Whether they are the same JSON value; `true` is no number, 1 and 1.0 are the same one."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def is_asked(base: Any, ours: Any, theirs: Any, path: str) -> bool:
    """Whether `theirs` is a change that is not made yet. FileRefused if we made another."""
    if same(theirs, base) or same(theirs, ours):
        return False
    if same(ours, base):
        return True
    raise conflict(path)


def conflict(path: str) -> FileRefused:
    text = "it was changed meanwhile, to something else; look at the file as it is now, edit again"
    return FileRefused(text, path=path)


def asked_keys(base: Json, ours: Json, theirs: Json, path: str) -> Json:
    """The keys of an object that are to change, with their new values; ABSENT for one taken out."""
    return {
        key: theirs.get(key, ABSENT)
        for key in {**base, **theirs}
        if is_asked(
            base.get(key, ABSENT), ours.get(key, ABSENT), theirs.get(key, ABSENT), f"{path}.{key}"
        )
    }


def require_read_only(base: Json, theirs: Json, editable: Collection[str], path: str) -> None:
    """FileRefused if a field is unknown or missing, or one that is read-only was changed."""
    for name, value in theirs.items():
        where = f"{path}.{name}"
        if name not in base:
            raise FileRefused(f"unknown field {name}; take it out", path=where)
        if name not in editable and not same(value, base[name]):
            hint = DERIVED.get(name, "put back what stood there")
            raise FileRefused(f"{name} is read-only; {hint}", path=where)
    for name in base:
        if name not in theirs:
            raise FileRefused(f"{name} is missing; put it back", path=f"{path}.{name}")


def require_config(config: Any, path: str) -> None:
    """FileRefused for a field that no config has. What stands in the others is tried later."""
    parts: list[tuple[Any, Any, str]] = [(config, SessionConfig, path)]
    if isinstance(config, dict):
        parts.append((config.get("budget"), Budget, f"{path}.budget"))
        parts.append((config.get("limits"), Limits, f"{path}.limits"))
    for part, kind, where in parts:
        known = kind.__struct_fields__
        for name in part if isinstance(part, dict) else ():
            if name not in known:
                text = f"unknown field {name}; there are: {', '.join(known)}"
                raise FileRefused(text, path=f"{where}.{name}")


def objects(value: Any, path: str) -> list[Json]:
    """A list of JSON objects, or FileRefused."""
    if not isinstance(value, list):
        raise FileRefused("a list is wanted here", path=path)
    for number, item in enumerate(value):
        if not isinstance(item, dict):
            raise FileRefused("a JSON object is wanted here", path=f"{path}[{number}]")
    return value


def convert(value: Any, kind: Any) -> Any:
    """A value of `kind`. FileRefused with the path, that of an unknown field included."""
    try:
        return codec.convert(value, kind)
    except FileRefused as problem:
        unknown = _UNKNOWN_FIELD.search(str(problem))
        path = (problem.path or "$") + (f".{unknown[1]}" if unknown else "")
        raise FileRefused(str(problem), path=path) from problem


def own_id(item: Json, path: str) -> str | None:
    """The id that an object names, None if it names none."""
    if "id" not in item:
        return None
    if not isinstance(item["id"], str):
        raise FileRefused("an id is text; leave it out for a new one", path=f"{path}.id")
    return item["id"]


def require_different(names: list[tuple[str, str]], what: str) -> None:
    """FileRefused at the second of two that are the same. `names`: each with its path."""
    seen: set[str] = set()
    for name, path in names:
        if name in seen:
            raise FileRefused(f"{what} {name} stands there twice", path=path)
        seen.add(name)
