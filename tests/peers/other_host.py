"""A terminal host of another version: `other_host.py --data DIR VERSION`.

Version 1 is what hosts were before leases and onlookers: it refuses those messages as unknown,
says nothing of them, and its terminals have no such fields. Any higher version than ours adds
fields that nobody knows to all it says, and a message that nobody knows after each.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from actors.terminals import host as host_module  # noqa: E402 - the path comes first
from actors.terminals import peer as peer_module  # noqa: E402 - as above
from actors.terminals import protocol as p  # noqa: E402 - as above

FIRST = (
    p.Hello | p.Spawn | p.ListTerminals | p.Unwatch | p.Shutdown | p.Write | p.Resize | p.Signal
    | p.End | p.TakeExit | p.Watch
)  # fmt: skip
LATER_WORDS = {"lease-taken", "lease-changed", "watchers-changed", "detached", "detach-done"}
LATER_FIELDS = ("writer", "watchers")
TAGS = {"hello", "spawn", "list-terminals", "unwatch", "shutdown", "write", "resize", "signal",
        "end", "take-exit", "watch"}  # fmt: skip


def become_first() -> None:
    """From here on this process is a host of version 1."""
    send = peer_module.Peer.send

    def send_known(self: peer_module.Peer, message: p.FromHost) -> None:
        if message.__struct_config__.tag not in LATER_WORDS:
            send(self, message)

    def encode_first(message: p.FromHost) -> bytes:
        return msgspec.msgpack.encode(without(msgspec.to_builtins(message, builtin_types=(bytes,))))

    vars(p)["_to_host"] = msgspec.msgpack.Decoder(FIRST)
    vars(p)["TO_HOST_TYPES"] = frozenset(TAGS)
    vars(peer_module)["encode"] = encode_first
    peer_module.Peer.send = send_known  # type: ignore[method-assign]


def without(value: Any) -> Any:
    """`value` without what came later, however deep."""
    if isinstance(value, dict):
        return {k: without(each) for k, each in value.items() if k not in LATER_FIELDS}
    if isinstance(value, list | tuple):
        return [without(each) for each in value]
    return value


def become_later() -> None:
    """From here on this process is a host of a version to come."""
    send = peer_module.Peer.send
    weather: Any = msgspec.defstruct("Weather", [], tag="weather", frozen=True)()

    def send_more(self: peer_module.Peer, message: p.FromHost) -> None:
        send(self, message)
        if not isinstance(message, p.Welcome):
            send(self, weather)

    def encode_more(message: p.FromHost) -> bytes:
        told = msgspec.to_builtins(message, builtin_types=(bytes,))
        return msgspec.msgpack.encode(told | {"colour": "green"})

    vars(peer_module)["encode"] = encode_more
    peer_module.Peer.send = send_more  # type: ignore[method-assign]


def main() -> int:
    version = int(sys.argv[3])
    become_first() if version == 1 else become_later()
    vars(p)["PROTOCOL_VERSION"] = version
    return host_module.main(sys.argv[1:3])


if __name__ == "__main__":
    sys.exit(main())
