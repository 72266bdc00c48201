"""A task on the loop that other threads wake."""

import asyncio
import threading

from actors.http.waker import Waker


def test_it_waits_until_something_has_happened_since_it_looked() -> None:
    async def play() -> list[bool]:
        waker = Waker()
        found = [await waker.wait(0.0)]
        waker.wake()
        waker.wake()
        found += [await waker.wait(10.0), await waker.wait(0.0)]
        thread = threading.Thread(target=waker.wake)
        thread.start()
        found.append(await waker.wait(10.0))
        thread.join()
        return found

    assert asyncio.run(play()) == [False, True, False, True]


def test_nothing_is_missed_beside_a_thread_at_full_speed() -> None:
    async def play() -> int:
        waker, seen, last = Waker(), 0, 20_000
        counted = [0]

        def count() -> None:
            for _ in range(last):
                counted[0] += 1
                waker.wake()

        thread = threading.Thread(target=count)
        thread.start()
        while seen < last:
            assert await waker.wait(10.0)
            seen = counted[0]
        thread.join()
        return seen

    assert asyncio.run(play()) == 20_000


def test_a_loop_that_has_ended_is_no_error() -> None:
    async def made() -> tuple[Waker, asyncio.AbstractEventLoop]:
        return Waker(), asyncio.get_running_loop()

    waker, loop = asyncio.run(made())
    assert loop.is_closed()
    waker.wake()
