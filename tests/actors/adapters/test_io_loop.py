import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from actors.adapters.io_loop import IoLoop

PATIENCE_SECONDS = 10.0


@pytest.fixture
def io() -> Iterator[IoLoop]:
    loop = IoLoop()
    loop.start()
    yield loop
    loop.stop()


async def where() -> str:
    return threading.current_thread().name


async def fail() -> None:
    raise ValueError("boom")


def test_work_runs_on_the_loops_own_thread(io: IoLoop) -> None:
    assert io.run(where()).result(PATIENCE_SECONDS) == "io-loop"


def test_what_work_raises_is_told_and_kept(io: IoLoop) -> None:
    heard: list[BaseException] = []
    told = threading.Event()

    def hear(error: BaseException) -> None:
        heard.append(error)
        told.set()

    future = io.run(fail(), hear)
    assert isinstance(future.exception(PATIENCE_SECONDS), ValueError)
    assert told.wait(PATIENCE_SECONDS)
    assert [str(error) for error in heard] == ["boom"]


def test_work_that_goes_well_tells_nothing(io: IoLoop) -> None:
    heard: list[BaseException] = []
    assert io.run(where(), heard.append).result(PATIENCE_SECONDS)
    io.run(where()).result(PATIENCE_SECONDS)
    assert heard == []


def test_cancelling_the_future_cancels_the_work_and_is_no_failure(io: IoLoop) -> None:
    heard: list[BaseException] = []
    begun, cleaned = threading.Event(), threading.Event()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            cleaned.set()

    future = io.run(wait(), heard.append)
    assert begun.wait(PATIENCE_SECONDS)
    future.cancel()
    assert cleaned.wait(PATIENCE_SECONDS)
    with pytest.raises(CancelledError):
        future.result(PATIENCE_SECONDS)
    assert heard == []


def test_a_stop_lets_work_clean_up(io: IoLoop) -> None:
    begun, cleaned = threading.Event(), threading.Event()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    io.run(wait())
    assert begun.wait(PATIENCE_SECONDS)
    io.stop()
    assert cleaned.is_set()
    io.stop()


def test_without_the_loop_work_is_refused_and_nothing_of_it_left(io: IoLoop) -> None:
    io.stop()
    work = where()
    with pytest.raises(RuntimeError, match="does not run"):
        io.run(work)
    with pytest.raises(RuntimeError, match="reuse"):
        work.send(None)


def test_it_can_be_started_again(io: IoLoop) -> None:
    first = io.loop
    io.stop()
    io.start()
    assert io.loop is not first
    assert io.run(where()).result(PATIENCE_SECONDS) == "io-loop"
