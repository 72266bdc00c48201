"""How far one tool call is: kept for whoever looks, told now and then to those who follow.

Nothing of it is recorded. It is gone when the call ends, however it ends.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from actors.messages.outcomes import ToolProgressed
from actors.messages.work import Call
from actors.ports import ToldProgress
from actors.surroundings import Surroundings

TELL_SECONDS = 0.25


@contextmanager
def told_progress(
    around: Surroundings, call: Call, tell: Callable[[ToolProgressed], None]
) -> Iterator[ToldProgress]:
    """Gives what the call's connection is to tell. On the I/O loop."""
    loop = asyncio.get_running_loop()
    key = f"{call.response_id}/{call.call.tool_call_id}"
    told: str | None = None
    timer: asyncio.TimerHandle | None = None

    def tell_newest() -> None:
        nonlocal told, timer
        timer = None
        newest = around.progress.get(key)
        if newest != told:
            told = newest
            tell(ToolProgressed(call.response_id, call.call.tool_call_id))
            timer = loop.call_later(TELL_SECONDS, tell_newest)

    def progressed(text: str) -> None:
        around.progress[key] = text
        if timer is None:
            tell_newest()

    try:
        yield progressed
    finally:
        if timer is not None:
            timer.cancel()
        around.progress.pop(key, None)
