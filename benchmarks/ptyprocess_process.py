"""What a new terminal is measured against: ptyprocess in a small process of its own.

Run as `python -m benchmarks.ptyprocess_process`: for each number on its standard input it spawns
`bash` so often, and says the median of the seconds until `exec`.
"""

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from ptyprocess import PtyProcess


def median_seconds(count: int) -> float:
    """Measured in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ptyprocess_process", str(count)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return float(done.stdout)


def _seconds(count: int) -> Iterator[float]:
    """`spawn` returns when the child has become `bash`. All live until the last is there."""
    spawned: list[Any] = []
    for _ in range(count):
        began = time.perf_counter()
        spawned.append(PtyProcess.spawn(["bash", "--norc"]))
        yield time.perf_counter() - began
    for process in spawned:
        os.kill(process.pid, signal.SIGKILL)  # `close` would sleep first
        os.waitpid(process.pid, 0)
        os.close(process.fd)
        process.closed = True


if __name__ == "__main__":
    print(statistics.median(_seconds(int(sys.argv[1]))))
