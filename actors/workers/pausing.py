"""A pause before a call of the model is made again: seen by who looks, and cancelled at once.

Waits on the monotonic clock, so that a wall clock that jumps makes no difference. Runs on the I/O
loop.
"""

import asyncio
from contextlib import suppress

from msgspec.structs import replace

from actors.messages import work
from actors.ports import Clock
from actors.surroundings import Surroundings


async def pause(around: Surroundings, ask: work.Ask) -> None:
    """As long as `ask` wants. Whoever looks meanwhile sees the turn with why, and until when."""
    if ask.delay_seconds <= 0:
        return
    around.written.put(ask.response_id, replace(ask.turn, content=()))
    try:
        await passed(around.clock, ask.delay_seconds)
    finally:
        around.written.drop(ask.response_id)


async def passed(clock: Clock, seconds: float) -> None:
    """Return after so many seconds of the clock."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        with suppress(RuntimeError):  # the loop has ended, and whoever waited with it
            loop.call_soon_threadsafe(over.set)

    cancel = clock.after(seconds, end)
    try:
        await over.wait()
    finally:
        cancel()
