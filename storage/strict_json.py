"""JSON as people and programs write it: read strictly, and refused with the line that is wrong.

Beyond the grammar it refuses duplicate keys, NaN and infinities, lone surrogates, numbers out of
range and nesting deeper than 64. Which fields there must be is for the types that come after.
"""

import codecs
import json
import re
from typing import Any

import msgspec

from storage.codec import BAD_JSON, DEPTH_LIMIT, convert, decode
from storage.errors import FileRefused

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_SPACE = re.compile(r"[ \t\r\n]*")
_AT_A_KEY = re.compile(r"key` in `")
_UNKNOWN_FIELD = re.compile(r"unknown field `(.+)`")
EMPTY = "empty, or nothing but NUL bytes"
_raw_decode = json.JSONDecoder().raw_decode


class _DuplicateKeyError(Exception):
    """The key is the only argument."""


class _NotANumberError(Exception):
    """Its spelling is the only argument."""


def parse(raw: bytes) -> Any:
    """The value that `raw` says, as dicts, lists and so on. FileRefused with the line."""
    try:
        value = msgspec.json.decode(raw)
        if _is_plain(raw, value):
            return value
    except BAD_JSON:
        pass  # said with its line below
    return _parse_closely(raw)


def _is_plain(raw: bytes, value: Any) -> bool:
    """A quick proof that nothing is wrong with it, which fails for some that are right.

    Without white space it is what its value is written as: so no key was dropped for another. It
    cannot be nested deeper than it has brackets.
    """
    if raw.count(b"{") + raw.count(b"[") > DEPTH_LIMIT:
        return False
    return msgspec.json.format(raw, indent=-1) == msgspec.json.encode(value)


def _parse_closely(raw: bytes) -> Any:
    text = _text(raw)
    if not text.strip("\0 \t\r\n"):
        raise FileRefused(EMPTY)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise FileRefused(error.msg, line=error.lineno) from error
    except _DuplicateKeyError as error:
        raise FileRefused(f"the key {error} stands twice", line=_second(text)) from error
    except _NotANumberError as error:
        line = _line_at(text, text.find(str(error)))
        raise FileRefused(f"{error} is not a JSON number", line=line) from error
    except RecursionError as error:
        raise FileRefused(f"nested deeper than {DEPTH_LIMIT} levels") from error
    except ValueError as error:
        raise FileRefused(f"cannot be read: {error}") from error
    _require_depth(value)
    try:
        return msgspec.json.decode(raw)
    except BAD_JSON as error:
        raise FileRefused("half a surrogate pair, or a number out of range") from error


def parse_as(raw: bytes, kind: Any) -> Any:
    """A value of `kind`. FileRefused with line and JSON path."""
    value = parse(raw)
    try:
        return decode(raw, kind)
    except FileRefused as error:
        path = full_path(_with_keys(error, value, kind))
        raise FileRefused(str(error), line=line_of(raw, path), path=path) from error


def _with_keys(error: FileRefused, value: Any, kind: Any) -> FileRefused:
    """The same with the keys of maps in its path, which are told as `[...]` when it is raised.

    Which key it is shows when the map has no other: then the same is refused.
    """
    path = error.path or "$"
    while _AT_A_KEY.match(path) or "[...]" in path:
        named = _one_key(error, value, kind, path)
        if named is None:
            break
        path, value = named
    return FileRefused(str(error), path=path)


def _one_key(error: FileRefused, value: Any, kind: Any, path: str) -> tuple[str, Any] | None:
    """`path` with its first key, and the value with that key alone in its map."""
    is_key = _AT_A_KEY.match(path)
    whole = path[is_key.end() :] if is_key else path
    above, marked, below = whole.partition("[...]")
    if is_key and marked:  # a map in a map: the outer one first
        is_key = None
    for key in _at(value, above) or ():
        alone = _put(value, above, {key: _at(value, above)[key]})
        try:
            convert(alone, kind)
        except FileRefused as other:
            if (str(other), other.path) == (str(error), error.path):
                return f"{above}.{key}{'' if is_key else below}", alone
    return None


def _steps(path: str) -> list[str | int]:
    return [name or int(index) for name, index in _STEP.findall(path)]


def _at(value: Any, path: str) -> Any:
    """What stands there, if it is a map. None too where a key with a dot is in the way."""
    try:
        for step in _steps(path):
            value = value[step]
    except (LookupError, TypeError):
        return None
    return value if isinstance(value, dict) else None


def _put(value: Any, path: str, new: Any) -> Any:
    """A copy with `new` at `path`."""
    return _placed(value, _steps(path), new)


def _placed(value: Any, steps: list[str | int], new: Any) -> Any:
    if not steps:
        return new
    first, *rest = steps
    if isinstance(value, dict):
        return {**value, first: _placed(value[first], rest, new)}
    return [_placed(one, rest, new) if at == first else one for at, one in enumerate(value)]


def line_of(raw: bytes, path: str) -> int:
    """The line (from 1) of the value at a JSON path such as `$.a.b[0]`.

    As far down as the path can be followed; `[...]` stands for a key that is not named, and is
    followed where there is only one. `raw` must be valid.
    """
    text = raw.decode()
    at = _space(text, 0)
    for name, index in _STEP.findall(path):
        inner = _member(text, at, name) if name or index == "..." else _item(text, at, int(index))
        if inner is None:
            break
        at = inner
    return _line_at(text, at)


def _text(raw: bytes) -> str:
    if raw.startswith(codecs.BOM_UTF8):
        raise FileRefused("it begins with a byte order mark; save it as UTF-8 without", line=1)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileRefused("not UTF-8", line=line) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(json.dumps(key))
            seen.add(key)
    return members


def _refuse_constant(spelling: str) -> None:
    raise _NotANumberError(spelling)


def _second(text: str) -> int | None:
    """The line of the first key that stands in its object for the second time.

    None if it is too deep. Up to there the text must be valid.
    """
    place = _repeated(text, _space(text, 0), DEPTH_LIMIT)
    return None if place is None else _line_at(text, place)


def _repeated(text: str, at: int, depth: int) -> int | None:
    """Where that key begins, in the value at `at` or so many levels below it."""
    if depth == 0 or text[at] not in "{[":
        return None
    keys: set[str] = set()
    inner = _space(text, at + 1)
    while text[inner] not in "}]":
        place = inner
        if text[at] == "{":
            key, inner = _key(text, inner)
            if key in keys:
                return place
            keys.add(key)
        found = _repeated(text, inner, depth - 1)
        if found is not None:
            return found
        inner = _after_value(text, inner)
    return None


def _require_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        depth += any(isinstance(item, dict | list) for item in level)
        if depth > DEPTH_LIMIT:
            raise FileRefused(f"nested deeper than {DEPTH_LIMIT}")
        level = inner


def full_path(error: FileRefused) -> str:
    """The JSON path of what was refused, down to a field that is not known."""
    _, found, rest = (error.path or "").rpartition("$")
    path = found + rest if found else "$"
    unknown = _UNKNOWN_FIELD.search(str(error))
    return f"{path}.{unknown[1]}" if unknown else path


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, max(position, 0)) + 1


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _member(text: str, at: int, name: str) -> int | None:
    """Where the value of the key begins; of the only key if `name` is empty."""
    found = {}
    inner = _space(text, at + 1)
    while text[at] == "{" and text[inner] != "}":
        key, inner = _key(text, inner)
        found[key] = inner
        inner = _after_value(text, inner)
    if name:
        return found.get(name)
    return next(iter(found.values())) if len(found) == 1 else None


def _key(text: str, at: int) -> tuple[str, int]:
    """The key at `at`, and where its value begins."""
    key, end = _raw_decode(text, at)
    return key, _space(text, _space(text, end) + 1)


def _item(text: str, at: int, index: int) -> int | None:
    inner = _space(text, at + 1)
    while text[at] == "[" and text[inner] != "]":
        if index == 0:
            return inner
        index -= 1
        inner = _after_value(text, inner)
    return None


def _after_value(text: str, at: int) -> int:
    """Past the value at `at`, and past the comma after it."""
    _, end = _raw_decode(text, at)
    end = _space(text, end)
    return _space(text, end + 1) if text[end] == "," else end
