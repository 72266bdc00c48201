"""What the contract's tests run on; see `tests.contract.ways`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.ways import WAYS, Caller, opened, running_daemon


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One for all tests of a module: their sessions do not know of each other."""
    with running_daemon(tmp_path_factory.mktemp("daemon")) as data:
        yield data


@pytest.fixture(params=WAYS)
def caller(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Caller]:
    way = request.param
    data = request.getfixturevalue("daemon") if way == "daemon" else tmp_path / "data"
    with opened(way, data) as greenroom:
        yield Caller(greenroom, tmp_path, way, None if way == "memory" else data)
