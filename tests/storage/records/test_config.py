"""What is asked for is taken strictly, what was recorded is read with patience."""

import pytest

from storage import codec
from storage.errors import FileRefused
from storage.records.config import (
    GREATEST,
    LEAST_MEMORY_BYTES,
    MOST_PROCESSES,
    Budget,
    Limits,
    SessionConfig,
    StrictBudget,
    StrictLimits,
)
from storage.records.request import StrictConfig
from storage.records.workspace import WorkspaceSettings

LATER = b'{"model":"x","mood":"good","budget":{"tokens":5,"joules":1}}'


def test_a_config_of_a_later_greenroom_can_be_read() -> None:
    expected = SessionConfig(model="x", budget=Budget(tokens=5))
    assert codec.decode(LATER, SessionConfig) == expected


@pytest.mark.parametrize("raw", [LATER, b'{"budget":{"joules":1}}'])
def test_it_cannot_be_asked_for(raw: bytes) -> None:
    with pytest.raises(FileRefused, match="unknown field"):
        codec.decode(raw, StrictConfig)


@pytest.mark.parametrize("limit", GREATEST)
def test_a_limit_has_an_upper_bound(limit: str) -> None:
    most = GREATEST[limit]
    assert getattr(codec.convert({limit: most}, StrictBudget), limit) == most
    with pytest.raises(FileRefused, match=f"`{limit}` is at most {most:,}"):
        codec.convert({limit: most + 1}, StrictBudget)


@pytest.mark.parametrize(
    ("limit", "recorded"),
    [
        ("usd", b"1E+400"),
        ("usd", b'"1E+9999999"'),
        ("usd", b'"Infinity"'),
        ("tokens", b"9" * 400),
        ("tool_calls", b"9" * 30),
        ("wall_seconds", b"1e300"),
    ],
)
def test_a_limit_beyond_it_that_was_recorded_is_read_as_the_greatest(
    limit: str, recorded: bytes
) -> None:
    budget = codec.decode(b'{"%s":%s}' % (limit.encode(), recorded), Budget)
    assert codec.builtins(budget) == {limit: GREATEST[limit]}


@pytest.mark.parametrize("usd", ["1e9999999", "1e400", "NaN"])
def test_what_a_workspace_gives_to_each_session_has_the_same_bounds(usd: str) -> None:
    with pytest.raises(FileRefused, match="`usd` is"):
        codec.convert({"budget": {"usd": usd}}, WorkspaceSettings)


@pytest.mark.parametrize("limit", ["usd", "wall_seconds"])
def test_a_limit_of_all_but_nothing_is_refused_and_was_nothing(limit: str) -> None:
    with pytest.raises(FileRefused, match="at least a millionth"):
        codec.convert({limit: 1e-300}, StrictBudget)
    assert getattr(codec.convert({limit: 1e-300}, Budget), limit) == 0


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"processes": MOST_PROCESSES + 1}, "`processes` is at most 4,194,304"),
        ({"processes": 0}, ">= 1"),
        ({"memory_bytes": LEAST_MEMORY_BYTES - 1}, "`memory_bytes` is from 1,048,576"),
        ({"memory_bytes": 2**53 + 1}, "`memory_bytes` is from"),
        ({"cpus": 2}, "unknown field"),
    ],
)
def test_nonsense_is_no_limit(wrong: dict[str, int], text: str) -> None:
    with pytest.raises(FileRefused, match=text):
        codec.convert(wrong, StrictLimits)


def test_limits_that_a_later_greenroom_recorded_can_be_read() -> None:
    raw = b'{"limits":{"processes":9000000,"memory_bytes":1,"cpus":2}}'
    read = codec.decode(raw, SessionConfig)
    assert read == SessionConfig(limits=Limits(processes=9000000, memory_bytes=1))
