"""One strict encoder and decoder per format.

Decoding errors of every kind (wrong JSON, wrong type, invalid UTF-8, too deep) become
`FileRefused`, so that a caller has one thing to catch.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from storage import typed
from storage.errors import FileRefused

DEPTH_LIMIT = 64

_encoder = msgspec.json.Encoder(decimal_format="number")

_NOT_A_CHOICE = "Invalid enum value "
_STEP = re.compile(r"\.([^.\[\]]+)|\[[^\]]*\]")

_BYTES = (bytes, bytearray, memoryview)

BAD_JSON = (msgspec.MsgspecError, UnicodeError, RecursionError)


def encode(value: object) -> bytes:
    """Compact JSON; money as numbers, times as ISO 8601."""
    return _encoder.encode(value)


def decode(raw: bytes, kind: Any) -> Any:
    """A value of `kind` (a type or union of types) from JSON. FileRefused with the JSON path."""
    try:
        return typed.json_decoder(kind).decode(raw)
    except BAD_JSON as error:
        raise explained(refusal(error), kind) from error


def convert(value: object, kind: Any) -> Any:
    """A value of `kind` from dicts and lists. FileRefused with the path of what is wrong."""
    try:
        return typed.convert(value, kind)
    except BAD_JSON as error:
        raise explained(refusal(error), kind) from error


def builtins(value: object) -> Any:
    """The same as dicts, lists, strings and numbers, ready for any JSON encoder."""
    return msgspec.json.decode(encode(value))


def require_no_bytes(value: object) -> None:
    """TypeError if there are bytes anywhere in it, which would be written as base64.

    For what a program gives: text that it forgot to decode is to be told, not recorded.
    """
    inside = [msgspec.to_builtins(value, builtin_types=_BYTES)]
    while inside:
        match inside.pop():
            case dict() as found:
                inside += [*found.keys(), *found.values()]
            case list() | tuple() | set() | frozenset() as found:
                inside += found
            case bytes() | bytearray() | memoryview():
                raise TypeError("bytes are no text; decode them first, as by .decode()")


def refusal(error: Exception) -> FileRefused:
    """The error in our words: what is wrong, and at which path."""
    if isinstance(error, RecursionError):
        return FileRefused("nested too deeply")
    text = str(error)
    what, marker, path = text.partition(" - at `")
    return FileRefused(what, path=path.rstrip("`") if marker else None)


def explained(refused: FileRefused, kind: Any) -> FileRefused:
    """With what could stand there, if it is one of a few words."""
    text = str(refused)
    if not text.startswith(_NOT_A_CHOICE):
        return refused
    steps = [match[1] for match in _STEP.finditer(refused.path or "")]
    choices = dict.fromkeys(_choices(inspect.type_info(kind), steps))
    if not choices:
        return refused
    wrong = text.removeprefix(_NOT_A_CHOICE)
    return FileRefused(f"{wrong} is none of: {', '.join(choices)}", path=refused.path)


def _choices(kind: inspect.Type, steps: list[str | None]) -> Iterator[str]:
    """The words that may stand at the end of `steps`: names of fields; None into a list or map."""
    match kind:
        case inspect.UnionType(types):
            for each in types:
                yield from _choices(each, steps)
        case inspect.EnumType(cls) if not steps:
            yield from (str(each.value) for each in cls)
        case inspect.LiteralType(values) if not steps:
            yield from map(str, values)
        case inspect.StructType(fields=fields) if steps:
            for field in fields:
                if field.encode_name == steps[0]:
                    yield from _choices(field.type, steps[1:])
        case inspect.ListType(inner) | inspect.VarTupleType(inner) if steps:
            yield from _choices(inner, steps[1:])
        case inspect.DictType(value_type=inner) if steps:
            yield from _choices(inner, steps[1:])
