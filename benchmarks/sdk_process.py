"""What the streams of models are measured against: the SDK alone, in a process of its own.

Run as `python -m benchmarks.sdk_process URL CONVERSATIONS`: for each line that it is sent it
streams so many answers at once, and says how many seconds they took.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from benchmarks.daemons import CHECKOUT
from benchmarks.model_process import MODEL, PIECE


class SdkProcess:
    def __init__(self, orders: IO[str], words: IO[str], deltas: int) -> None:
        self._orders = orders
        self._words = words
        self._deltas = deltas

    def seconds(self) -> float:
        """From the first request to the last answer."""
        self._orders.write("\n")
        self._orders.flush()
        seconds, pieces = self._words.readline().split()
        if int(pieces) != self._deltas:
            raise RuntimeError(f"{pieces} of {self._deltas} pieces came")
        return float(seconds)


@contextmanager
def sdk_process(url: str, conversations: int, deltas: int) -> Iterator[SdkProcess]:
    """One that is warm: it has streamed once. `deltas` are those of all answers together."""
    command = [sys.executable, "-m", "benchmarks.sdk_process", url, str(conversations)]
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for us alone
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        made = SdkProcess(process.stdin, process.stdout, deltas)
        try:
            made.seconds()
            yield made
        finally:
            process.stdin.close()
            process.wait()


async def _stream(url: str, conversations: int) -> None:
    from anthropic import AsyncAnthropic

    async with AsyncAnthropic(api_key="a key", base_url=url, max_retries=0) as client:

        async def one() -> int:
            pieces = 0
            async with client.messages.stream(
                model=MODEL, max_tokens=1024, messages=[{"role": "user", "content": "go on"}]
            ) as stream:
                async for event in stream:
                    pieces += event.type == "text" and event.text == PIECE
            return pieces

        while await asyncio.to_thread(sys.stdin.readline):
            began = time.perf_counter()
            pieces = sum(await asyncio.gather(*(one() for _ in range(conversations))))
            print(time.perf_counter() - began, pieces, flush=True)


def main(arguments: Sequence[str]) -> None:
    asyncio.run(_stream(arguments[0], int(arguments[1])))


if __name__ == "__main__":
    main(sys.argv[1:])
