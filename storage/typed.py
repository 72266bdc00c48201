"""What msgspec needs to know of a type, found out by one thread at a time.

When msgspec meets a struct for the first time it looks up what its fields may hold, and meanwhile
hands the struct, half of it still empty, to any other thread that asks: two threads that meet a
struct at once end the process with SIGSEGV (msgspec 0.22). So every decoder of ours is made here,
under a lock, and a value is converted to a type only once there is a decoder for it. A test keeps
all other modules from calling msgspec with a type.
"""

import threading
from collections.abc import Iterable
from typing import Any

import msgspec

_making = threading.Lock()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_holders: dict[Any, type[Any]] = {}


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
    if isinstance(kind, type):
        json_decoder(kind)
        return msgspec.convert(value, kind, from_attributes=from_attributes)
    try:
        held = {"value": value}
        return msgspec.convert(held, _holder(kind), from_attributes=from_attributes).value
    except msgspec.ValidationError:  # said once more, with its path from the value itself on
        return msgspec.convert(value, kind, from_attributes=from_attributes)


def _holder(kind: Any) -> type[Any]:
    """A struct whose `value` is a `kind`, always the same one.

    Of a struct msgspec remembers what it found out; of a union it finds out everything anew each
    time, which for all requests takes 90 microseconds instead of one.
    """
    holder = _holders.get(kind)
    if holder is None:
        made = msgspec.defstruct("Holder", [("value", kind)])
        json_decoder(made)
        holder = _holders.setdefault(kind, made)
    return holder


def json_schemas(kinds: Iterable[Any], ref_template: str) -> tuple[list[Any], dict[str, Any]]:
    """The JSON schema of each of `kinds`, and by name those that they refer to by `ref_template`,
    in which `{name}` stands for the name.
    """
    wanted = list(kinds)
    for kind in wanted:
        json_decoder(kind)
    schemas, named = msgspec.json.schema_components(wanted, ref_template=ref_template)
    return list(schemas), named
