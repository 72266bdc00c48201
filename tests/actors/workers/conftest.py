"""A session that talks to a model which is a real server; see `tests.fakes.talk`."""

from collections.abc import Iterator

import pytest

from tests.fakes.greenroom import House
from tests.fakes.talk import Talk


@pytest.fixture
def talk(greenroom: House) -> Iterator[Talk]:
    made = Talk(greenroom)
    with made.server:
        made.settle()
        yield made
