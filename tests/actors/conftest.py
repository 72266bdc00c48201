"""A running tree on a data directory of its own; see `tests.fakes.greenroom`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.greenroom import House, house


@pytest.fixture
def greenroom(tmp_path: Path) -> Iterator[House]:
    """Without fronts: requests are handed in as a front would."""
    with house(tmp_path) as running:
        yield running


@pytest.fixture
def open_greenroom(tmp_path: Path) -> Iterator[House]:
    """With its fronts: the inbox, the watch of it, and the control socket."""
    with house(tmp_path, fronts=True) as running:
        yield running
