"""`growing.py DIRECTORY processes N`: starts N processes, as hard to find as they come.

`… escaping N` starts N that leave our environment, our session and us all at once.
`growing.py DIRECTORY memory BYTES` takes so much memory, and stays. `… server processes N` becomes
an MCP server afterwards. Everyone puts a file into DIRECTORY whose name is its pid.
"""

import os
import sys
import time
from pathlib import Path

SERVER = Path(__file__).with_name("mcp_demo.py")
PAUSE_SECONDS = 0.02


def stay(directory: Path) -> None:
    (directory / str(os.getpid())).touch()
    while True:
        time.sleep(100)


def grow(directory: Path, count: int) -> None:
    """A child, one in a session of its own, one by two forks, one without our environment."""
    for number in range(count):
        if os.fork() == 0:
            kind = number % 4
            if kind:
                os.setsid()
            if kind == 2 and os.fork():
                os._exit(0)
            if kind == 3:
                os.execve(sys.executable, [sys.executable, __file__, str(directory), "bare"], {})
            stay(directory)
        time.sleep(PAUSE_SECONDS)


def escape(directory: Path, count: int) -> None:
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            os.execve(sys.executable, [sys.executable, __file__, str(directory), "bare"], {})
        os.waitpid(pid, 0)


def main(directory: Path, *words: str) -> None:
    what = words[-2] if len(words) > 1 else "bare"
    (directory / str(os.getpid())).touch()
    taken = bytearray(int(words[-1])) if what == "memory" else bytearray()
    for place in range(0, len(taken), 4096):
        taken[place] = 1
    if what == "processes":
        grow(directory, int(words[-1]))
    if what == "escaping":
        escape(directory, int(words[-1]))
    if words[0] == "server":
        os.execv(sys.executable, [sys.executable, str(SERVER)])
    stay(directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
