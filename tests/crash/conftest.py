"""A place to work in, in memory where there is one, and no log of every start that is tried."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.place import fast_directory


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    with fast_directory(tmp_path) as directory:
        yield directory


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Every torn tail is worth a line in the log, and here there are thousands."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(before)
