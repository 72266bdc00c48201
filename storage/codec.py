"""One strict encoder and decoder per format.

Decoding errors of every kind (wrong JSON, wrong type, invalid UTF-8, too deep) become
`FileRefused`, so that a caller has one thing to catch.
"""

from typing import Any

import msgspec

from storage.errors import FileRefused

DEPTH_LIMIT = 64

_encoder = msgspec.json.Encoder(decimal_format="number")
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

BAD_JSON = (msgspec.MsgspecError, UnicodeError, RecursionError)


def encode(value: object) -> bytes:
    """Compact JSON; money as numbers, times as ISO 8601."""
    return _encoder.encode(value)


def decode(raw: bytes, kind: Any) -> Any:
    """A value of `kind` (a type or union of types) from JSON. FileRefused with the JSON path."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(raw)
    except BAD_JSON as error:
        raise refusal(error) from error


def convert(value: object, kind: Any) -> Any:
    """A value of `kind` from dicts and lists. FileRefused with the path of what is wrong."""
    try:
        return msgspec.convert(value, kind)
    except BAD_JSON as error:
        raise refusal(error) from error


def builtins(value: object) -> Any:
    """The same as dicts, lists, strings and numbers, ready for any JSON encoder."""
    return msgspec.json.decode(encode(value))


def refusal(error: Exception) -> FileRefused:
    """The error in our words: what is wrong, and at which path."""
    if isinstance(error, RecursionError):
        return FileRefused("nested too deeply")
    text = str(error)
    what, marker, path = text.partition(" - at `")
    return FileRefused(what, path=path.rstrip("`") if marker else None)
