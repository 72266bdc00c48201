"""What msgspec needs to know of a type, found out by one thread at a time.

When msgspec meets a struct for the first time it looks up what its fields may hold, and meanwhile
hands the struct, half of it still empty, to any other thread that asks: two threads that meet a
struct at once end the process with SIGSEGV (msgspec 0.22). So every decoder of ours is made here,
under a lock, and a value is converted to a type only once there is a decoder for it. A test keeps
all other modules from calling msgspec with a type.
"""

import threading
from typing import Any

import msgspec

_making = threading.Lock()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def json_decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """The decoder of JSON for `kind`, a type or a union of types; always the same one."""
    decoder = _decoders.get(kind)
    if decoder is None:
        with _making:
            decoder = _decoders.setdefault(kind, msgspec.json.Decoder(kind))
    return decoder


def msgpack_decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    """A new decoder of MessagePack for `kind`."""
    with _making:
        return msgspec.msgpack.Decoder(kind)


def convert(value: object, kind: Any, *, from_attributes: bool = False) -> Any:
    """A value of `kind` from dicts, lists or, if asked for, attributes. msgspec.ValidationError."""
    json_decoder(kind)
    return msgspec.convert(value, kind, from_attributes=from_attributes)
