from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest

from actors.terminals import protocol
from storage.records.process import ProcessIdentity

IDENTITY = ProcessIdentity(boot_id="b", pid=1, start_ticks=2, nonce="n")
EXIT = protocol.TerminalExit(
    code=0, at=datetime(2026, 11, 21, tzinfo=UTC), ended_by_us=False, end_offset=3
)
STATE = protocol.TerminalState(
    key="s/w",
    identity=IDENTITY,
    epoch=1,
    end_offset=3,
    cols=80,
    rows=24,
    exit=EXIT,
    input_numbers={0: 7},
)


def test_messages_come_back_as_they_went() -> None:
    write = protocol.Write(key="s/w", lease=0, number=1, data=bytes(range(256)))
    assert protocol.decode_to_host(protocol.encode(write)) == write
    welcome = protocol.Welcome(version=1, host=IDENTITY, terminals=(STATE,))
    assert protocol.decode_from_host(protocol.encode(welcome)) == welcome


def test_a_field_of_a_newer_version_is_passed_over() -> None:
    payload = msgspec.msgpack.encode({"type": "end", "key": "s/w", "gently": True})
    assert protocol.decode_to_host(payload) == protocol.End(key="s/w")


def test_a_message_of_a_newer_host_is_none() -> None:
    assert protocol.decode_from_host(msgspec.msgpack.encode({"type": "dream"})) is None


@pytest.mark.parametrize("key", ["", "a\0b", "x" * 257])
def test_a_key_that_cannot_be_a_mark_is_refused(key: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="key"):
        protocol.decode_to_host(protocol.encode(protocol.End(key=key)))


def test_tags_are_unique_and_kebab_case() -> None:
    messages = [*get_args(protocol.ToHost), *get_args(protocol.FromHost)]
    tags = [message.__struct_config__.tag for message in messages]
    assert len(set(tags)) == len(tags)
    assert {"list-terminals", "spawn-failed", "take-exit"} <= set(tags)
