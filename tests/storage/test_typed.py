"""Types that many threads meet at once: without the lock their process ends with SIGSEGV."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from storage import typed

ROOT = Path(__file__).resolve().parents[2]

MEET_AT_ONCE = """
import sys
import threading
import msgspec
from storage import typed

sys.setswitchinterval(1e-6)
NAMES = [f"f{number}" for number in range(40)]

def new_type(number):
    holds = int | str | dict[str, object] | None
    inner = msgspec.defstruct(f"Inner{number}", [(name, holds) for name in NAMES])
    outer = [(name, int | str | inner | None) for name in NAMES]
    return msgspec.defstruct(f"Outer{number}", [*outer, ("inner", inner)])

VALUE = {**dict.fromkeys(NAMES, 1), "inner": dict.fromkeys(NAMES, 1)}
RAW = msgspec.json.encode(VALUE)

def meet(kind, start, use):
    start.wait()
    assert use(kind).inner.f0 == 1

USES = [
    lambda kind: typed.convert(VALUE, kind),
    lambda kind: typed.json_decoder(kind).decode(RAW),
    lambda kind: typed.msgpack_decoder(kind).decode(msgspec.msgpack.encode(VALUE)),
]
for number in range(60):
    kind, start = new_type(number), threading.Barrier(len(USES) * 2)
    threads = [threading.Thread(target=meet, args=(kind, start, use)) for use in USES * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("all met")
"""


def test_many_threads_may_meet_a_type_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEET_AT_ONCE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert (done.returncode, done.stdout) == (0, "all met\n"), done.stderr


class Point(msgspec.Struct, frozen=True):
    x: int


class Place:
    x = 3


def test_a_value_is_converted_or_refused() -> None:
    assert typed.convert({"x": 1}, Point) == Point(1)
    assert typed.convert(Place(), Point, from_attributes=True) == Point(3)
    with pytest.raises(msgspec.ValidationError):
        typed.convert({"x": "1"}, Point)


def test_a_type_has_one_decoder_of_json() -> None:
    assert typed.json_decoder(Point) is typed.json_decoder(Point)
    assert typed.json_decoder(Point).decode(b'{"x": 2}') == Point(2)


class One(msgspec.Struct, tag="one", forbid_unknown_fields=True):
    n: int


class Two(msgspec.Struct, tag="two"):
    inside: tuple[One, ...] = ()


@pytest.mark.parametrize(
    "kind", [One | Two, list[One], One | Two | None, dict[str, One | Two]], ids=str
)
@pytest.mark.parametrize(
    "value",
    [
        {"type": "one", "n": 1},
        {"type": "one", "n": "1"},
        {"type": "one", "n": 1, "value": 2},
        {"type": "two", "inside": [{"type": "one", "n": 1}, {"type": "one", "n": None}]},
        {"type": "three"},
        {"n": 1},
        {"a": {"type": "one", "n": 1}, "b": {"type": "two", "inside": 3}},
        [{"type": "one", "n": 1}, {"type": "two"}],
        None,
        "x",
    ],
    ids=str,
)
def test_a_union_is_converted_as_msgspec_does_it(kind: Any, value: Any) -> None:
    """Faster, with the same values and the same words, paths included."""

    def told(convert: Any) -> Any:
        try:
            return convert(value, kind)
        except msgspec.ValidationError as error:
            return str(error)

    assert told(typed.convert) == told(_by_msgspec)


def _by_msgspec(value: Any, kind: Any) -> Any:
    return msgspec.convert(value, kind)
