"""A running tree in a process of its own, so that nobody else's objects are on its heap.

Run as `python -m benchmarks.room_process DIRECTORY ACTIVE IN_FLIGHT`: wakes so many sessions, says
"ready", and for each number on its standard input runs so many commands and says the seconds.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from benchmarks.room import running, session_ids
from storage.data_dir import DataDir

CHECKOUT = Path(__file__).resolve().parents[1]


class RoomProcess:
    def __init__(self, orders: IO[str], words: IO[str]) -> None:
        self._orders = orders
        self._words = words
        self._heard()

    def seconds(self, commands: int) -> float:
        """For so many durable commands."""
        self._orders.write(f"{commands}\n")
        self._orders.flush()
        return float(self._heard())

    def _heard(self) -> str:
        word = self._words.readline()
        if not word:
            raise RuntimeError("the process with the tree has ended")
        return word.strip()


@contextmanager
def room_process(data: DataDir, active: int, in_flight: int) -> Iterator[RoomProcess]:
    """One that is ready; it ends in order at the end."""
    arguments = [str(data.root), str(active), str(in_flight)]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.room_process", *arguments],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for us alone
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield RoomProcess(process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.wait()


def main(arguments: Sequence[str]) -> None:
    data, active, in_flight = DataDir(Path(arguments[0])), int(arguments[1]), int(arguments[2])
    with running(data) as room:
        awake = session_ids(data)[:active]
        for session_id in awake:
            room.wake(session_id)
        chains = [chain for chain in (awake[at::in_flight] for at in range(in_flight)) if chain]
        print("ready", flush=True)
        for order in sys.stdin:
            print(room.flow(chains, int(order)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
