"""What is asked for is taken strictly, what was recorded is read with patience."""

import pytest

from storage import codec
from storage.errors import FileRefused
from storage.records.config import Budget, SessionConfig
from storage.records.request import StrictConfig

LATER = b'{"model":"x","mood":"good","budget":{"tokens":5,"joules":1}}'


def test_a_config_of_a_later_greenroom_can_be_read() -> None:
    expected = SessionConfig(model="x", budget=Budget(tokens=5))
    assert codec.decode(LATER, SessionConfig) == expected


@pytest.mark.parametrize("raw", [LATER, b'{"budget":{"joules":1}}'])
def test_it_cannot_be_asked_for(raw: bytes) -> None:
    with pytest.raises(FileRefused, match="unknown field"):
        codec.decode(raw, StrictConfig)
