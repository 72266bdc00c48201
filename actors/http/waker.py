"""Wakes a task on the I/O loop from any thread, once for however much has happened since it looked.

So nothing is piled up for a slow reader: it is told that there is something, and looks for itself.
"""

import asyncio
from contextlib import suppress


class Waker:
    """Made on the loop, for one task that waits. `wake` may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._is_awake = False

    def wake(self) -> None:
        if not self._is_awake:
            self._is_awake = True
            with suppress(RuntimeError):  # the loop has ended, and who waits with it
                self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float | None = None) -> bool:
        """Until something has happened since the last wait; False if nothing has in `seconds`.

        Look only after it: what comes meanwhile wakes again.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        self._is_awake = False
        return True
