"""A store that refuses changes, and comes back by itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actors.recording.health import StoreHealth
from storage.data_dir import DataDir
from storage.errors import StorageFull
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock

FULL = StorageFull("no space left")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    made = DataDir(tmp_path / "data")
    lock = made.lock()
    made.prepare()
    yield made
    lock.release()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


def test_it_begins_well_with_room_set_aside(data: DataDir, pool: ThreadPoolExecutor) -> None:
    health = StoreHealth(data, FakeClock(), lambda: pool)
    health.begin()
    assert health.problem is None
    assert data.reserve.exists()
    heard: list[str] = []
    health.when_well(lambda: heard.append("at once"))
    assert heard == ["at once"]


def test_a_failure_lasts_until_a_probe_succeeds(data: DataDir, pool: ThreadPoolExecutor) -> None:
    clock = FakeClock()
    health = StoreHealth(data, clock, lambda: pool)
    health.begin()
    health.failed(FULL)
    health.failed(FULL)
    assert health.problem is FULL
    heard: list[str] = []
    health.when_well(lambda: heard.append("well"))
    assert (heard, len(clock.waiting)) == ([], 1)
    clock.advance(1.0)
    eventually(lambda: heard == ["well"])
    assert health.problem is None
    assert clock.waiting == []


def test_a_probe_that_fails_is_made_again_later_each_time(
    data: DataDir, pool: ThreadPoolExecutor
) -> None:
    clock = FakeClock()
    health = StoreHealth(data, clock, lambda: pool)
    data.probe.parent.rename(data.root / "elsewhere")
    health.begin()
    for seconds in (1.0, 2.0, 4.0, 8.0, 15.0, 15.0):
        eventually(lambda: len(clock.waiting) == 1)
        assert clock.waiting == [pytest.approx(seconds)]
        clock.advance(seconds)
    eventually(lambda: len(clock.waiting) == 1)
    (data.root / "elsewhere").rename(data.probe.parent)
    clock.advance(15.0)
    eventually(lambda: health.problem is None)


def test_the_reserve_is_given_until_it_is_used_up_and_kept_again_when_all_is_well(
    data: DataDir, pool: ThreadPoolExecutor
) -> None:
    clock = FakeClock()
    health = StoreHealth(data, clock, lambda: pool)
    health.begin()
    health.failed(FULL)
    health.refused_again()
    assert health.release_reserve()
    assert not data.reserve.exists()
    assert health.release_reserve()
    health.refused_again()
    assert not health.release_reserve()
    clock.advance(1.0)
    eventually(lambda: health.problem is None)
    assert data.reserve.exists()
    data.reserve.unlink()
    data.reserve.mkdir()
    assert not health.release_reserve()


def test_after_the_recorder_nothing_is_probed(data: DataDir) -> None:
    def gone() -> ThreadPoolExecutor:
        raise RuntimeError("the recorder does not run")

    clock = FakeClock()
    health = StoreHealth(data, clock, gone)
    health.failed(FULL)
    clock.advance(1.0)
    assert health.problem is FULL
